// Both workflows end to end: the real binary, Postgres, SQLite file and SMTP server.
#include <catch2/catch.hpp>
#include <csignal>
#include <set>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

/// A job whose database knows outages, and whose worker runs both workflows.
struct RecoveryJob : Job {
  explicit RecoveryJob(const std::vector<std::string>& smtp_options = {}) : Job(smtp_options) {
    const Completed migrated = run_pawl({"migrate"}, both());
    INFO(migrated.err);
    CHECK(migrated.out ==
          "applied confirm_sync_recovery/001_emit_recovered_syncs.sql\n"
          "registered workflow confirm-sync-recovery\n");
  }
  Environment both(Environment more = {}) const {
    more["PAWL_WORKFLOWS"] = "notify-sync-failure,confirm-sync-recovery";
    return environment(std::move(more));
  }
  Completed work_both(Environment more = {}) const {
    return run_pawl({"worker", "--until-idle"}, both(std::move(more)));
  }

  void succeed() {
    database.exec(
        "insert into pms_sync_logs (connection_id, status, finished_at) values"
        " ($1::uuid, 'success', now() + interval '1 hour')",
        {organisation.connection});
  }
  std::vector<nlohmann::json> recovery_mails() const {
    std::vector<nlohmann::json> found;
    for (const auto& mail : smtp.received())
      if (mail["subject"].get<std::string>().find("Reapit syncs again") == 0) found.push_back(mail);
    return found;
  }
  std::string notes() { return count("notifications where kind = 'pms.sync_recovered'"); }
  std::string recovery(const std::string& column) {
    return database.value("select " + column + " from pawl.v1_events where type like '%recovered'");
  }
};

}  // namespace

TEST_CASE("a recovery is confirmed to those who were told of the failure, by a note that is not urgent and a mail") {
  RecoveryJob job;
  job.organisation.fail_sync("401 token revoked");
  REQUIRE(job.work_both().code == 0);
  job.succeed();
  job.succeed();
  CHECK(job.work_both().code == 0);

  CHECK(job.recovery("string_agg(status, ' ')") == "done");
  CHECK(job.notes() == "2");
  CHECK(job.count("notifications where kind = 'pms.sync_recovered' and urgency = 'normal' and title like '%syncs again'"
                  " and user_id in ('" +
                  job.organisation.owner + "', '" + job.organisation.admin + "')") == "2");
  const auto mails = job.recovery_mails();
  REQUIRE(mails.size() == 2);
  CHECK(job.smtp.received().size() == 4);
  for (const auto& mail : mails) {
    for (const char* part : {"text", "html"}) {
      CHECK_THAT(mail[part].get<std::string>(), Catch::Contains("Failed since") && Catch::Contains("1 hour"));
      CHECK_THAT(mail[part].get<std::string>(), Catch::Contains("Reapit") && Catch::Contains("The acme"));
    }
    CHECK(mail["defects"].empty());
  }
  CHECK(job.count("pawl.v1_emails where workflow = 'confirm-sync-recovery' and state = 'accepted'") == "2");
}

TEST_CASE("a success after no failure, and after one that told nobody, tells nobody") {
  RecoveryJob job;
  job.succeed();
  CHECK(job.count("pawl.outbox") == "0");
  job.database.exec("update org_members set role = 'member'");
  job.organisation.fail_sync();
  REQUIRE(job.work_both().code == 0);
  job.database.exec("update org_members set role = 'owner'");
  job.succeed();
  CHECK(job.work_both().code == 0);
  CHECK(job.recovery("status") == "done");
  CHECK_THAT(job.recovery("reason"), Catch::StartsWith("nothing to confirm"));
  CHECK(job.count("notifications") == "0");
  CHECK(job.smtp.received().empty());
}

TEST_CASE("P10: who was told and is a member now is told no more, and of a shared address one mail goes out") {
  RecoveryJob job;
  job.database.exec("update users set email = 'Office@acme.example' where id in ($1::uuid, $2::uuid)",
                    {job.organisation.owner, job.organisation.admin});
  job.organisation.fail_sync();
  REQUIRE(job.work_both().code == 0);
  REQUIRE(job.smtp.received().size() == 1);
  job.succeed();
  CHECK(job.work_both().code == 0);
  CHECK(job.notes() == "2");
  CHECK(job.recovery_mails().size() == 1);

  job.organisation.fail_sync();
  REQUIRE(job.work_both().code == 0);
  job.database.exec("update org_members set role = 'member' where user_id = $1::uuid", {job.organisation.admin});
  job.succeed();
  CHECK(job.work_both().code == 0);
  CHECK(job.count("notifications where kind = 'pms.sync_recovered' and user_id = '" + job.organisation.owner + "'") ==
        "2");
  CHECK(job.count("notifications where kind = 'pms.sync_recovered' and user_id = '" + job.organisation.admin + "'") ==
        "1");
  CHECK(job.recovery_mails().size() == 2);
}

TEST_CASE("a recovery does not overtake its failure, however long that is under way") {
  RecoveryJob job({"--fail", "data:admin*3=451 4.3.0 try again later"});
  job.organisation.fail_sync();
  job.organisation.fail_sync();
  job.succeed();
  CHECK(job.work_both({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1s,longest=1s,attempts=9"}}).code == 0);
  CHECK(job.count("pawl.v1_events where status = 'done'") == "3");
  const auto mails = job.smtp.received();
  REQUIRE(mails.size() == 6);
  for (std::size_t mail = 0; mail < mails.size(); ++mail)
    CHECK((mails[mail]["subject"].get<std::string>().find("syncs again") != std::string::npos) == (mail >= 4));
  CHECK(job.notes() == "2");
}

TEST_CASE("migrate makes anew what makes events of recoveries, and after it was switched off once it is named again") {
  RecoveryJob job;
  const std::string note = "mended trigger pawl_note_sync_failure: it makes events again\n";
  job.database.exec("drop trigger pawl_note_sync_failure on pawl.outbox");
  CHECK(job.count("pawl.problems()") == "1");
  CHECK(run_pawl({"migrate"}, job.both()).out == note);
  for (const char* statement : {"delete from pawl.sync_log_triggers where function = 'pawl.emit_sync_recovered()'",
                                "drop trigger pawl_sync_recovered_on_insert on pms_sync_logs",
                                "drop trigger pawl_sync_recovered_on_update on pms_sync_logs",
                                "drop trigger pawl_note_sync_failure on pawl.outbox",
                                "delete from pawl.workflows where workflow = 'confirm-sync-recovery'"})
    job.database.exec(statement);
  CHECK(job.count("pawl.problems()") == "0");
  CHECK(run_pawl({"migrate"}, job.environment()).out.find("nothing to apply") == 0);
  CHECK(run_pawl({"migrate"}, job.both()).out ==
        "registered workflow confirm-sync-recovery\n" + note +
            "mended trigger pawl_sync_recovered_on_insert: it makes events again\n"
            "mended trigger pawl_sync_recovered_on_update: it makes events again\n");
  job.organisation.fail_sync();
  job.succeed();
  CHECK(job.count("pawl.outbox") == "2");
}

TEST_CASE("an event whose connection's id is none is emitted, however long that is") {
  RecoveryJob job;
  job.database.exec(
      "select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', jsonb_build_object('connection_id',"
      " (select string_agg(md5(random()::text), '') from generate_series(1, 400))))");
  CHECK(job.count("pawl.outbox") == "1");
  CHECK(job.count("pawl.sync_failures") == "0");
}

TEST_CASE("without its worker a failure holds its recovery up, and the reason is shown") {
  RecoveryJob job;
  job.organisation.fail_sync();
  job.succeed();
  PawlProcess worker({"worker"}, job.environment({{"PAWL_WORKFLOWS", "confirm-sync-recovery"}}));
  CHECK(eventually([&] {
    return job.pawl({"sql",
                     "select count(distinct run_id) from v1_attempts where step = 'find-notified'"
                     " and error like '1 of the outage%'",
                     "-o", "ids"})
               .out == "1\n";
  }));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  CHECK(job.count("notifications") == "0");
  CHECK(job.work_both().code == 0);
  CHECK(job.notes() == "2");
}

TEST_CASE("P3 P4 P5: killed between any effect of a recovery and its checkpoint, everyone is told once") {
  for (const std::string point : {"after-notified-found", "before-in-app", "after-in-app", "after-mail-claimed",
                                  "after-mail-recorded", "run-ended", "after-archive"}) {
    INFO(point);
    RecoveryJob job;
    job.organisation.fail_sync();
    REQUIRE(job.work_both().code == 0);
    job.database.exec("update notifications set read_at = now()");
    job.succeed();
    CHECK(job.work_both({{"PAWL_CRASH_AT", point}}).code == -SIGKILL);
    CHECK(job.work_both().code == 0);
    CHECK(job.recovery("status") == "done");
    CHECK(job.notes() == "2");
    CHECK(job.count("notifications where kind = 'pms.sync_failed' and read_at is not null") == "2");
    std::set<std::string> mails;
    for (const auto& mail : job.recovery_mails()) mails.insert(mail["raw"].get<std::string>());
    CHECK(mails.size() == 2);
    const std::string in_doubt = job.database.value(
        "select coalesce(sum(in_doubt_count), 0) from pawl.v1_emails where workflow = 'confirm-sync-recovery'");
    CHECK(job.recovery_mails().size() <= 2 + std::stoul(in_doubt));  // the other mail may have been under way
  }
}

TEST_CASE("a crash point that is no place's name ends the process, whoever's it would be") {
  const Completed refused = run_pawl({"migrate", "--help"}, {{"PAWL_CRASH_AT", "after-nothing"}});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("PAWL_CRASH_AT=after-nothing") != std::string::npos);
}
