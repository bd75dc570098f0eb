// What operators ask of runs, end to end: the real binary cancels, retries at once, and begins runs anew.
#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

/// The relay puts a mail off, and the worker keeps at it for hours.
struct Waiting : Job {
  Waiting() : Job({"--fail", "rcpt:admin=451 greylisted"}) { organisation.fail_sync(); }

  Environment patient(Environment more = {}) const {
    more["PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL"] = "first=1h,longest=6h,attempts=20";
    return environment(std::move(more));
  }
  std::string run_id() { return database.value("select id from pawl.outbox"); }
  bool waits() const {
    return run_pawl({"sql", "select count(*) from v1_waiting where why = 'backoff'", "-o", "ids"}, environment()).out ==
           "1\n";
  }
  std::string ended(const std::string& id) {
    return database.value("select coalesce((select status from pawl.outbox_archive where id = $1::uuid), '')", {id});
  }
};

}  // namespace

TEST_CASE("cancel ends a run that waits, whoever holds it, and says by whom and why") {
  Waiting job;
  const PawlProcess worker({"worker"}, job.patient());
  REQUIRE(eventually([&] { return job.waits(); }));
  const std::string id = job.run_id();
  const Completed asked = job.pawl({"cancel", id, "--note", "told by phone", "-o", "json"});
  CHECK(asked.code == 0);
  CHECK(nlohmann::json::parse(asked.out).at(0).at("outcome") == "cancelling");
  REQUIRE(eventually([&] { return job.ended(id) == "cancelled"; }));
  CHECK_THAT(job.event_reason(), Catch::Matches("cancelled by .*: told by phone"));
  CHECK(job.mails_to("admin") == 0);
  CHECK(job.mails_to("owner") == 1);

  const Completed shown = job.pawl({"show", id});
  CHECK_THAT(shown.out, Catch::Contains("told by phone"));
  CHECK(job.pawl({"replay", id}).code == 0);
  CHECK_THAT(job.pawl({"replay", id}).out, Catch::Contains("replayed cancelled by"));
  const Completed again = job.pawl({"cancel", id});
  CHECK(again.code == 4);
  CHECK_THAT(again.out, Catch::Contains("it is cancelled; `pawl rerun`"));
  CHECK(job.pawl({"cancel", "5f0c0000-0000-4000-8000-000000000009"}).code == 3);
}

TEST_CASE(
    "cancel is seen by a worker that is in the middle of the run: what is out ends first, and nothing else begins") {
  Job job({"--fail", "rcpt:owner=stall"});
  job.organisation.fail_sync();
  const PawlProcess worker({"worker"}, job.environment());
  REQUIRE(eventually([&] { return job.smtp.count("RCPT TO:<owner") == 1 && job.mails_to("admin") == 1; }));
  const std::string id = job.database.value("select id from pawl.outbox");
  const auto told = [&](const std::string& columns) {
    return run_pawl({"sql", "select " + columns + " from v1_runs", "-o", "ids"}, job.environment()).out;
  };
  CHECK(told("cancelled_at is null") == "1\n");
  CHECK(job.pawl({"cancel", id, "--note", "told by phone"}).code == 0);
  REQUIRE(eventually([&] { return told("cancelled_at is not null") == "1\n"; }));
  CHECK(told("cancel_note") == "told by phone\n");
  CHECK(job.count("pawl.outbox") == "1");  // its call is out

  job.smtp.tell("clear");  // the next attempt would be taken
  job.smtp.tell("hangup");
  REQUIRE(eventually([&] { return job.count("pawl.outbox") == "0"; }));
  CHECK(job.event_status() == "cancelled");
  CHECK(job.smtp.count("RCPT TO:<owner") == 1);
  CHECK(job.mails_to("owner") == 0);
  CHECK_THAT(job.pawl({"show", id}).out, Catch::Contains("told by phone"));
}

TEST_CASE("of a run that was cancelled before any worker had it, nothing is advised that its payload is needed for") {
  Waiting job;
  const std::string id =
      job.database.value("select pawl.emit('pms/connection.sync.failed', 'pms_connection', 'x', '{}')");
  CHECK(job.pawl({"cancel", id}).code == 0);
  for (const std::string verb : {"cancel", "resume"}) {
    const Completed again = job.pawl({verb, id});
    CHECK(again.code == 4);
    CHECK_THAT(again.out, Catch::Contains("it is cancelled; its payload was not kept: emit a new event"));
  }
}

TEST_CASE("cancel ends a run at once where no worker lives, and the worker that comes back lets go of it") {
  Waiting job;
  {
    PawlProcess worker({"worker"}, job.patient());
    REQUIRE(eventually([&] { return job.waits(); }));
    worker.signal(SIGKILL);
    worker.wait();
  }
  job.expire_leases();
  const std::string id = job.run_id();
  const Completed asked = job.pawl({"cancel", id});
  CHECK(asked.code == 0);
  CHECK_THAT(asked.out, Catch::Contains("cancelled"));
  CHECK(job.ended(id) == "cancelled");
  CHECK(job.work().code == 0);
  CHECK(job.mails_to("admin") == 0);
  CHECK(run_pawl({"sql", "select status from v1_runs", "-o", "ids"}, job.environment()).out == "superseded\n");
}

TEST_CASE("retry-now ends a backoff of an hour") {
  Waiting job;
  const PawlProcess worker({"worker"}, job.patient());
  REQUIRE(eventually([&] { return job.waits(); }));
  const std::string id = job.run_id();
  job.smtp.tell("clear");
  const Completed asked = job.pawl({"retry-now", id, "--note", "they are back"});
  CHECK(asked.code == 0);
  CHECK_THAT(asked.out, Catch::Contains("retrying"));
  REQUIRE(eventually([&] { return job.ended(id) == "done"; }));
  CHECK(job.mails_to("admin") == 1);
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.database.value("select string_agg(verb, ' ') from pawl.commands") == "retry-now");
  const Completed again = job.pawl({"retry-now", id});
  CHECK(again.code == 4);
  CHECK_THAT(again.out, Catch::Contains("it is done"));
}

TEST_CASE("P4: rerun from send-email tells nobody again, unless it is to, and never shows a note twice") {
  Job job;
  job.organisation.fail_sync();
  REQUIRE(job.work().code == 0);
  const std::string id = job.database.value("select id from pawl.outbox_archive");
  REQUIRE(job.mails_to("owner") == 1);

  CHECK(job.pawl({"rerun", id, "--from", "send-email"}).code == 2);
  CHECK(job.pawl({"rerun", id, "--from", "send-email", "--reason", " "}).code == 2);
  const Completed unknown = job.pawl({"rerun", id, "--from", "send-pigeon", "--reason", "why not"});
  CHECK(unknown.code == 4);
  CHECK_THAT(unknown.out, Catch::Contains("create-in-app, resolve-recipients, send-email"));
  CHECK(job.pawl({"rerun", "5f0c0000-0000-4000-8000-000000000009", "--reason", "why not"}).code == 3);

  const Completed first = job.pawl({"rerun", id, "--from", "send-email", "--reason", "to be sure", "-o", "json"});
  REQUIRE(first.code == 0);
  const std::string second_id = nlohmann::json::parse(first.out).at(0).at("run");
  CHECK(job.pawl({"rerun", second_id, "--reason", "too early"}).code == 4);
  const Completed twice = job.pawl({"rerun", id, "--reason", "again"});
  CHECK(twice.code == 4);
  CHECK_THAT(twice.out, Catch::Contains(second_id + " is doing its effects; `pawl waiting`"));
  REQUIRE(job.work().code == 0);
  CHECK(job.database.value("select status || ' ' || parent from pawl.outbox_archive where id = $1::uuid",
                           {second_id}) == "done " + id);
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.mails_to("admin") == 1);
  CHECK(job.count("notifications") == "2");

  REQUIRE(job.pawl({"rerun", second_id, "--from", "send-email", "--resend", "--reason", "lost in a filter"}).code == 0);
  REQUIRE(job.work().code == 0);
  CHECK(job.mails_to("owner") == 2);
  CHECK(job.mails_to("admin") == 2);
  CHECK(job.count("pawl.v1_events where status = 'done'") == "3");
  CHECK(job.count("pawl.commands where verb = 'rerun' and outcome like 'rerun as %' and note <> ''") == "2");
}
