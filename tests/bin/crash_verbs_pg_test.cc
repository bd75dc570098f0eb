// SIGKILL in the middle of the verbs that write: emit, resume and migrate, which whoever ran them runs again.
#include <catch2/catch.hpp>
#include <csignal>

#include "engine/crash_points.h"
#include "tests/bin/job.h"

using namespace pawl::bin;

namespace {

constexpr const char* kId = "5f0c0000-0000-4000-8000-000000000001";

Environment dying(const Environment& environment, const std::string& point) {
  Environment all = environment;
  all["PAWL_CRASH_AT"] = point;
  return all;
}

Completed emit(const Environment& environment) {
  return run_pawl({"emit", "somebody/elses.event", "--aggregate-id", "1", "--data", "{}", "--id", kId}, environment);
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

TEST_CASE("F1: migrate killed before or after any of its commits is completed by the next one") {
  int commits = 0;
  while (commits < 100 && migration_killed(commits + 1)) ++commits;
  CHECK(commits >= 9);  // the application's tables, the bookkeeping, and one a migration
}
