// The main job end to end: the real binary, Postgres, SQLite file and SMTP server.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

TEST_CASE("a failed sync becomes an urgent notification and a mail for owner and admin") {
  Job job;
  job.organisation.fail_sync("401 token revoked");
  CHECK(job.work().code == 0);

  CHECK(job.count("notifications where kind = 'pms.sync_failed' and urgency = 'urgent' and read_at is null") == "2");
  CHECK(job.database.value("select title from notifications limit 1").find("Reapit") != std::string::npos);
  CHECK(job.database.value("select body from notifications limit 1").find("401 token revoked") != std::string::npos);
  const std::string link = "https://app.test/orgs/" + job.organisation.id + "/settings/integrations";
  CHECK(job.count("notifications where link = '" + link + "'") == "2");

  const auto mails = job.smtp.received();
  REQUIRE(mails.size() == 2);
  for (const auto& mail : mails) {
    CHECK(mail["subject"].get<std::string>().find("[Urgent] Reapit sync failed") == 0);
    CHECK(mail["subject"].get<std::string>().find("401") == std::string::npos);
    CHECK(mail["text"].get<std::string>().find("401 token revoked") != std::string::npos);
    CHECK(mail["text"].get<std::string>().find(link) != std::string::npos);
    CHECK(mail["html"].get<std::string>().find(link) != std::string::npos);
    CHECK(mail["defects"].empty());
  }
  CHECK(job.event_status() == "done");
  CHECK(job.count("pawl.v1_emails where state = 'accepted'") == "2");
}

TEST_CASE("P10: members are never notified, and nobody outside the event's organisation is") {
  Job job;
  const pawl::tests::Organisation other(job.database, "other");
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.count("notifications where user_id in ('" + job.organisation.owner + "', '" + job.organisation.admin +
                  "')") == "2");
  CHECK(job.count("notifications") == "2");
  CHECK(job.count("pawl.v1_emails where user_id = '" + job.organisation.member + "'") == "0");
  CHECK(job.smtp.received().size() == 2);
}

TEST_CASE("P6: one recipient refused while the others are delivered, and the reason is kept") {
  Job job({"--fail", "rcpt:admin=550 5.1.1 no such user"});
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.count("notifications") == "2");
  CHECK(job.smtp.received().size() == 1);
  CHECK(job.event_status() == "failed");
  CHECK(job.event_reason().find("550 5.1.1 no such user") != std::string::npos);
  CHECK(job.count("pawl.v1_emails where state = 'rejected' and reply like '550%'") == "1");
}

TEST_CASE("P6: the mail channel fails for good while in-app is delivered") {
  Job job({"--fail", "rcpt=550 5.1.1 no such user"});
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.count("notifications") == "2");
  CHECK(job.smtp.received().empty());
  CHECK(job.event_status() == "failed");
}

TEST_CASE("P6: the in-app channel fails for good while the mails are delivered") {
  Job job;
  job.database.exec("alter table notifications add constraint broken check (false)");
  job.organisation.fail_sync();
  CHECK(job.work({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_CREATE_IN_APP", "first=1s,longest=1s,attempts=2"}}).code == 0);
  CHECK(job.count("notifications") == "0");
  CHECK(job.smtp.received().size() == 2);
  CHECK(job.event_status() == "failed");
  CHECK(job.event_reason().find("create-in-app") != std::string::npos);
}

TEST_CASE("a transient failure of one mail is retried on its own, nothing else is repeated") {
  Job job({"--fail", "data:admin*1=451 4.3.0 try again later"});
  job.organisation.fail_sync();
  CHECK(job.work({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1s,longest=1s,attempts=5"}}).code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.mails_to("admin") == 1);
  CHECK(job.pawl({"sql", "select count(*) from v1_attempts where step = 'send-email'", "-o", "ids"}).out == "1\n");
  CHECK(job.pawl({"sql", "select max(attempt) from v1_steps where step <> 'send-email'", "-o", "ids"}).out == "1\n");
}

TEST_CASE("a failed run is listed, replayed without effect, and resumed at its failed step") {
  Job job({"--fail", "rcpt:admin=550 5.1.1 no such user"});
  job.organisation.fail_sync();
  REQUIRE(job.work().code == 0);
  const std::string run = job.database.value("select event_id from pawl.v1_events");
  CHECK(job.pawl({"runs", "--status", "failed", "-o", "ids"}).out == run + "\n");

  const Completed replayed = job.pawl({"replay", run.substr(24)});
  CHECK(replayed.code == 0);
  CHECK(job.smtp.received().size() == 1);

  job.smtp.tell("clear");
  CHECK(job.pawl({"resume", run.substr(0, 8)}).code == 0);
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.smtp.received().size() == 2);
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.count("notifications") == "2");
  CHECK(job.count("pawl.commands where verb = 'resume' and outcome = 'resumed'") == "1");
}

TEST_CASE("a bad payload fails with field and reason, the rest of its batch is unharmed") {
  Job job;
  job.database.exec("select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{\"org_id\": 7}')");
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.count("pawl.v1_events where status = 'done'") == "1");
  CHECK(job.count("pawl.v1_events where status = 'failed' and reason like '%payload.%'") == "1");
  CHECK(job.smtp.received().size() == 2);
}

TEST_CASE("a secret in the provider's error is in no mail, no notification, no log, no checkpoint and no archive") {
  Job job;
  job.organisation.fail_sync("https://user:canary-7f3a@pms.example refused; Authorization: Bearer canary-7f3a");
  const Completed worked = job.work({{"PAWL_LOG_LEVEL", "debug"}});
  CHECK(worked.code == 0);
  CHECK(job.count("pawl.outbox_archive where payload::text like '%canary-7f3a%'") == "0");
  CHECK(job.count("notifications where (title || body || data::text) like '%canary-7f3a%'") == "0");
  for (const auto& mail : job.smtp.received()) CHECK(mail.dump().find("canary-7f3a") == std::string::npos);
  CHECK((worked.out + worked.err).find("canary-7f3a") == std::string::npos);
  for (const auto& file : std::filesystem::directory_iterator(job.folder.path())) {
    std::ifstream content(file.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(content), {}};
    INFO(file.path());
    CHECK(bytes.find("canary-7f3a") == std::string::npos);
  }
}

TEST_CASE("an event type that no workflow handles is left alone for others") {
  Job job;
  job.database.emit("somebody/elses.event");
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "pending");
  CHECK(job.count("pawl.outbox where deliveries = 0") == "1");
}

TEST_CASE("an organisation without owners and admins ends done and says so") {
  Job job;
  job.database.exec("update org_members set role = 'member'");
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.event_reason().find("no owner or admin") != std::string::npos);
  CHECK(job.count("notifications") == "0");
  CHECK(job.smtp.received().empty());
}

TEST_CASE("SIGTERM drains and exits 0") {
  Job job;
  PawlProcess worker({"worker"}, job.environment());
  job.organisation.fail_sync();
  CHECK(eventually([&] { return job.count("pawl.outbox_archive") == "1"; }));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  CHECK(job.count("pawl.v1_workers where state = 'stopped'") == "1");
}

TEST_CASE("the signals that rotate logs, or come with the end of a terminal, end no worker that is a service") {
  Job job;
  PawlProcess worker({"worker"}, job.environment());
  REQUIRE(eventually([&] { return job.count("pawl.v1_workers") == "1"; }));
  for (const int number : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE}) worker.signal(number);
  job.organisation.fail_sync();
  CHECK(eventually([&] { return job.count("pawl.outbox_archive") == "1"; }));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE("a checkpoint file in use is refused with exit 4 and nothing is claimed") {
  Job job;
  PawlProcess worker({"worker"}, job.environment());
  REQUIRE(eventually([&] { return job.count("pawl.v1_workers") == "1"; }));
  const Completed second = job.work();
  CHECK(second.code == 4);
  CHECK(second.err.find(job.checkpoints()) != std::string::npos);
  CHECK(job.count("pawl.v1_workers") == "1");
}

TEST_CASE("a database that is not migrated is refused and the command to run named") {
  const pawl::tests::EmptyDatabase empty;
  Job job;
  const Completed refused = job.work({{"PAWL_POSTGRES", empty.conninfo}});
  CHECK(refused.code == 4);
  CHECK(refused.err.find("pawl migrate") != std::string::npos);
}

TEST_CASE("an unreachable Postgres is given up after the connect timeout with exit 1") {
  Job job;
  const Completed refused =
      job.work({{"PAWL_POSTGRES", "host=127.0.0.1 port=1 dbname=x"}, {"PAWL_CONNECT_TIMEOUT", "100ms"}});
  CHECK(refused.code == 1);
  CHECK_FALSE(refused.err.empty());
}

TEST_CASE("a missing setting is a usage error that names the variable and its forms") {
  Job job;
  const Completed refused = job.work({{"PAWL_MAIL", ""}});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("PAWL_MAIL") != std::string::npos);
  CHECK(refused.err.find("maildir:") != std::string::npos);
}

TEST_CASE("two workers share one outbox and every recipient is told once") {
  Job job;
  for (int i = 0; i < 100; ++i) job.organisation.fail_sync("failure " + std::to_string(i));
  PawlProcess one({"worker", "--until-idle"}, job.environment());
  PawlProcess two({"worker", "--until-idle"}, job.environment({{"PAWL_CHECKPOINTS", job.folder.path() + "/two.db"}}));
  CHECK(one.wait() == 0);
  CHECK(two.wait() == 0);
  CHECK(job.count("pawl.v1_events where status = 'done'") == "100");
  CHECK(job.count("notifications") == "200");
  CHECK(job.smtp.received().size() == 200);
}

TEST_CASE("P2 P4: a redelivered event finds its run: nothing is sent again, no read state reset") {
  Job job;
  job.organisation.fail_sync();
  REQUIRE(job.work().code == 0);
  // emit takes no id twice, but a restored or failed-over outbox may hold an event that was archived
  job.database.exec(
      "insert into pawl.outbox (type, aggregatetype, aggregateid, payload, id)"
      " select type, aggregatetype, aggregateid, payload, id from pawl.outbox_archive");
  job.database.exec("update notifications set read_at = now()");
  CHECK(job.work().code == 0);
  CHECK(job.smtp.received().size() == 2);
  CHECK(job.count("notifications where read_at is not null") == "2");
  CHECK(job.count("pawl.outbox_archive") == "2");
}
