// SIGKILL in the middle of the verbs that write: emit, resume and migrate, which whoever ran them runs again.
#include <catch2/catch.hpp>
#include <csignal>

#include "engine/faults/crash_points.h"
#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

constexpr const char* kId = "5f0c0000-0000-4000-8000-000000000001";

/// A failed run of a workflow that no build has.
constexpr const char* kFailed =
    "insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, reason,"
    " workflow, type, aggregatetype, aggregateid, payload, headers) values (1, gen_random_uuid(), now(), 1, 0, "
    "gen_random_uuid(),"
    " 'failed', 'of this test', 'w', 'somebody/elses.event', 'thing', '1', '{}', '{}') returning id";

Environment dying(const Environment& environment, const std::string& point) {
  Environment all = environment;
  all["PAWL_CRASH_AT"] = point;
  return all;
}

void let_emit(Job& job) {
  job.database.exec("insert into pawl.producers values ('pawl_producer', 'somebody/elses.event')");
}

Completed emit(const Environment& environment) {
  return run_pawl({"emit", "somebody/elses.event", "--aggregate-type", "thing", "--aggregate-id", "1", "--data", "{}",
                   "--id", kId, "--unchecked"},
                  environment);
}

// Dies before or after its Nth send to Postgres; after it, Postgres acts and nobody reads the answer.
Environment dying_at_send(const Environment& environment, const char* when, int number) {
  Environment all = environment;
  all["LD_PRELOAD"] = PAWL_KILL_AT_CALL;
  all["PAWL_KILL_AT"] = std::string("send:") + when + ":" + std::to_string(number);
  all["ASAN_OPTIONS"] = "verify_asan_link_order=0";
  return all;
}

// Calls `killed(when, N)` until it says that there is no Nth send; returns how often it was killed.
int at_every_send(const std::function<bool(const char*, int)>& killed) {
  int kills = 0;
  for (const char* when : {"before", "after"})
    for (int number = 1; number < 100 && killed(when, number); ++number) ++kills;
  return kills;
}

Environment of(const pawl::tests::EmptyDatabase& database) { return {{"PAWL_POSTGRES", database.conninfo}}; }

// Kills `migrate` before its Nth commit, then after it. Whether there is an Nth.
bool migration_killed(int number) {
  INFO("commit " << number);
  const pawl::tests::EmptyDatabase database;
  int killed = 0;
  for (const char* point : {"before-migrated:", "after-migrated:"}) {
    const int code = run_pawl({"migrate", "--with-app"}, dying(of(database), point + std::to_string(number))).code;
    CHECK((code == 0 || code == -SIGKILL));
    killed += code == -SIGKILL;
  }
  CHECK(run_pawl({"migrate", "--with-app"}, of(database)).code == 0);
  CHECK(run_pawl({"migrate", "--with-app"}, of(database)).out.find("nothing to apply") == 0);
  CHECK(killed % 2 == 0);
  return killed > 0;
}

}  // namespace

TEST_CASE("F1: emit killed before its commit wrote nothing, and after it one event, however often it runs again") {
  Job job;
  let_emit(job);
  CHECK(emit(dying(job.environment(), "before-emitted")).code == -SIGKILL);
  CHECK(job.count("pawl.outbox") == "0");
  CHECK(emit(dying(job.environment(), "after-emitted")).code == -SIGKILL);
  CHECK(job.count("pawl.outbox") == "1");
  CHECK(emit(job.environment()).out == std::string(kId) + "\n");
  CHECK(job.count("pawl.v1_events") == "1");
}

TEST_CASE("F1: resume killed before its commit changed nothing, and after it resumed once, with its record") {
  Job job({"--fail", "rcpt:admin=550 5.1.1 no such user"});
  job.organisation.fail_sync();
  REQUIRE(job.work().code == 0);
  const std::string run = job.database.value("select event_id from pawl.v1_events where status = 'failed'");
  const auto resume = [&](const Environment& environment) { return run_pawl({"resume", run}, environment); };

  CHECK(resume(dying(job.environment(), "before-resumed")).code == -SIGKILL);
  CHECK(job.event_status() == "failed");
  CHECK(job.count("pawl.commands") == "0");
  CHECK(resume(dying(job.environment(), "after-resumed")).code == -SIGKILL);
  CHECK(job.event_status() == "pending");
  CHECK(job.count("pawl.commands where outcome = 'resumed'") == "1");

  CHECK(resume(job.environment()).code == 4);
  job.smtp.tell("clear");
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.count("pawl.v1_events") == "1");
  CHECK(job.count("notifications") == "2");
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.mails_to("admin") == 1);
}

TEST_CASE("F1: requeue killed before its commit changed nothing, and after it made one event, with its record") {
  Job job;
  const std::string run = job.database.value(kFailed);
  const auto requeue = [&](const Environment& environment) {
    return run_pawl({"requeue", run, "--data", "-"}, environment, R"({"n": 1})");
  };
  CHECK(requeue(dying(job.environment(), "before-requeued")).code == -SIGKILL);
  CHECK(job.event_status() == "failed");
  CHECK(job.count("pawl.commands") == "0");
  CHECK(requeue(dying(job.environment(), "after-requeued")).code == -SIGKILL);
  CHECK(job.event_status() == "dismissed pending");
  CHECK(job.count("pawl.commands where verb = 'requeue'") == "2");
  CHECK(requeue(job.environment()).code == 4);
  CHECK(job.count("pawl.outbox") == "1");
}

TEST_CASE("F1: dismiss killed before its commit changed nothing, and after it dismissed once, with its record") {
  Job job;
  const std::string run = job.database.value(kFailed);
  const auto dismiss = [&](const Environment& environment) {
    return run_pawl({"dismiss", run, "--reason", "of this test"}, environment);
  };
  CHECK(dismiss(dying(job.environment(), "before-dismissed")).code == -SIGKILL);
  CHECK(job.event_status() == "failed");
  CHECK(dismiss(dying(job.environment(), "after-dismissed")).code == -SIGKILL);
  CHECK(job.event_status() == "dismissed");
  CHECK(dismiss(job.environment()).code == 4);
  CHECK(job.count("pawl.commands where outcome = 'dismissed'") == "1");
}

TEST_CASE("F1: cancel killed before its commit changed nothing, and after it cancelled once, with its record") {
  Job job;
  job.organisation.fail_sync();
  const std::string run = job.database.value("select id from pawl.outbox");
  const auto cancel = [&](const Environment& environment) { return run_pawl({"cancel", run}, environment); };

  CHECK(cancel(dying(job.environment(), "before-marked")).code == -SIGKILL);
  CHECK(job.event_status() == "pending");
  CHECK(job.count("pawl.commands") == "0");
  CHECK(cancel(dying(job.environment(), "after-marked")).code == -SIGKILL);
  CHECK(job.event_status() == "cancelled");
  CHECK(job.count("pawl.commands where outcome = 'cancelled'") == "1");

  CHECK(cancel(job.environment()).code == 4);
  CHECK(job.work().code == 0);
  CHECK(job.mails_to("owner") == 0);
}

TEST_CASE("F1: rerun killed before its commit changed nothing, and after it made one run, which tells nobody again") {
  Job job;
  job.organisation.fail_sync();
  REQUIRE(job.work().code == 0);
  const std::string run = job.database.value("select id from pawl.outbox_archive");
  const auto rerun = [&](const std::string& point) {
    return run_pawl({"rerun", run, "--from", "send-email", "--reason", "why"}, dying(job.environment(), point)).code;
  };
  CHECK(rerun("before-rerun") == -SIGKILL);
  CHECK(job.count("pawl.outbox") == "0");
  CHECK(rerun("after-rerun") == -SIGKILL);
  CHECK(job.count("pawl.outbox") == "1");
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.count("notifications") == "2");
}

TEST_CASE(
    "F1: in-doubt resolve killed before its commit changed nothing, and after it resolved once, with its record") {
  Job job({"--fail", "dot:admin=drop"});
  job.organisation.fail_sync();
  REQUIRE(job.work({{"PAWL_IN_DOUBT", "hold"}}).code == 0);
  const std::string run = job.database.value("select run_id from pawl.v1_in_doubt");
  const auto resolve = [&](const Environment& environment) {
    return run_pawl({"in-doubt", "resolve", run, "--sent"}, environment);
  };

  CHECK(resolve(dying(job.environment(), "before-resolved")).code == -SIGKILL);
  CHECK(job.count("pawl.v1_in_doubt") == "1");
  CHECK(job.count("pawl.commands") == "0");
  CHECK(resolve(dying(job.environment(), "after-resolved")).code == -SIGKILL);
  CHECK(job.count("pawl.v1_in_doubt") == "0");
  CHECK(job.count("pawl.commands where verb = 'resolve-in-doubt' and outcome = 'sent'") == "1");

  CHECK(resolve(job.environment()).code == 4);
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.mails_to("owner") == 1);
}

TEST_CASE("a crash point that does not exist is a usage error, since nobody would die") {
  const Job job;
  for (const char* order : {"after-mail", "after-mail-250:x", "after-mail-250:0"}) {
    const Completed done = emit(dying(job.environment(), order));
    CHECK(done.code == 2);
    CHECK(done.err.find(order) != std::string::npos);
  }
}

TEST_CASE("F1: emit killed at any of its sends wrote one event or none, and one once it has run again") {
  Job job;
  let_emit(job);
  const int kills = at_every_send([&](const char* when, int number) {
    job.database.exec("truncate pawl.outbox");
    const int code = emit(dying_at_send(job.environment(), when, number)).code;
    CHECK(emit(job.environment()).code == 0);
    CHECK(job.count("pawl.outbox") == "1");
    return code == -SIGKILL;
  });
  CHECK(kills > 2);
}

TEST_CASE("F1: resume killed at any of its sends resumed once or not at all, and once when it has run again") {
  Job job;
  const int kills = at_every_send([&](const char* when, int number) {
    const std::string run = job.database.value(kFailed);
    const int code = run_pawl({"resume", run}, dying_at_send(job.environment(), when, number)).code;
    const int again = run_pawl({"resume", run}, job.environment()).code;
    CHECK((again == 0 || again == 4));  // 4: it is in the outbox already
    CHECK(job.database.value("select string_agg(status, ' ') from pawl.v1_events where event_id = $1::uuid", {run}) ==
          "pending");
    CHECK(job.database.value("select count(*) from pawl.commands where outcome = 'resumed' and event_id = $1::uuid",
                             {run}) == "1");
    return code == -SIGKILL;
  });
  CHECK(kills > 2);
}

TEST_CASE("F1: migrate killed before or after its one commit is completed by the next one") {
  int commits = 0;
  while (commits < 100 && migration_killed(commits + 1)) ++commits;
  CHECK(commits == 1);  // all or nothing
}
