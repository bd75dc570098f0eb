// kill -9 with work in full flow: how many mails are in doubt, and what a restart on the same store takes up again.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <iostream>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

constexpr int kEvents = 200;
constexpr int kConnections = 4;

Environment four_connections(const Job& job) {
  return job.environment({{"PAWL_MAIL", job.smtp.url() + "&connections=" + std::to_string(kConnections)}});
}

int number(Job& job, const std::string& from) { return std::stoi(job.count(from)); }

void fail_many(const Job& job) {
  for (int i = 0; i < kEvents; ++i) job.organisation.fail_sync("failure " + std::to_string(i));
}

// Kills a worker once so many mails are accepted.
void kill_after(Job& job, int accepted) {
  PawlProcess worker({"worker"}, four_connections(job));
  REQUIRE(eventually([&] { return number(job, "pawl.v1_emails where state = 'accepted'") >= accepted; }));
  worker.signal(SIGKILL);
  REQUIRE(worker.wait() == -SIGKILL);
  // what it had sent to Postgres is still carried out
  REQUIRE(eventually([&] {
    return job.count(
               "pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
               " and backend_type = 'client backend'") == "0";
  }));
}

}  // namespace

TEST_CASE("P5 F1: killed with mail in full flow, no more mails are in doubt than twice the connections") {
  Job job;
  fail_many(job);
  int interrupted = 0;
  for (const int accepted : {40, 150, 260}) {
    kill_after(job, accepted);
    // what an earlier kill left may still wait for its turn
    const int sending = number(job,
                               "pawl.v1_emails where state = 'sending'"
                               " and epoch = (select max(epoch) from pawl.v1_emails)");
    CHECK(sending <= 2 * kConnections);
    interrupted += sending;
  }
  CHECK(run_pawl({"worker", "--until-idle"}, four_connections(job)).code == 0);
  CHECK(number(job, "pawl.v1_events where status = 'done'") == kEvents);
  CHECK(number(job, "notifications") == 2 * kEvents);
  CHECK(number(job, "pawl.v1_emails where state = 'accepted'") == 2 * kEvents);
  const int in_doubt = std::stoi(job.database.value("select sum(in_doubt_count) from pawl.v1_emails"));
  const int copies = static_cast<int>(job.smtp.count("DOT")) - 2 * kEvents;
  CHECK(interrupted > 0);
  CHECK(in_doubt == interrupted);
  CHECK(copies <= in_doubt);
  std::cout << "killed three times in full flow on " << kConnections << " connections: " << in_doubt << " in doubt, "
            << copies << " mails twice" << std::endl;
}

TEST_CASE("P2 P3 F1: a worker restarted on the same store takes up every run that was in flight") {
  Job job({"--fail", "data=wait=0.05"});
  fail_many(job);
  kill_after(job, 20);
  const std::string in_flight = "pawl.outbox where lease_epoch is not null and deliveries = 1";
  const int leased = number(job, in_flight);
  REQUIRE(leased > kEvents / 2);
  const std::string runs =
      "select coalesce(group_concat(run_id || started_at), '') from (select * from v1_runs"
      " order by run_id)";
  const Completed before = job.pawl({"sql", runs, "-o", "ids"});

  job.smtp.tell("clear");
  PawlProcess worker({"worker"}, four_connections(job));
  const auto started = std::chrono::steady_clock::now();
  const auto passed = [&] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started).count();
  };
  REQUIRE(eventually([&] { return number(job, in_flight) == 0; }));
  const auto taken_up = passed();
  REQUIRE(eventually([&] { return number(job, "pawl.outbox") == 0; }));
  std::cout << leased << " runs in flight: all taken up again " << taken_up << " ms after the start, done after "
            << passed() << " ms" << std::endl;
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  CHECK(job.pawl({"sql", runs, "-o", "ids"}).out == before.out);
  CHECK(number(job, "pawl.v1_events where status = 'done' and deliveries <= 2") == kEvents);
  CHECK(number(job, "notifications") == 2 * kEvents);
}

TEST_CASE("P1 P3 F1: killed around moving a full WAL into the file, nothing is lost and the file is whole") {
  for (const char* point : {"before-wal-checkpoint:2", "after-wal-checkpoint:2"}) {
    INFO(point);
    Job job;
    job.database.exec("update org_members set role = 'member'");  // many checkpoints and no mail
    fail_many(job);
    fail_many(job);
    REQUIRE(job.work({{"PAWL_CRASH_AT", point}, {"PAWL_MOVING_MAX", "5"}}).code == -SIGKILL);
    CHECK(job.work().code == 0);
    CHECK(number(job, "pawl.v1_events where status = 'done'") == 2 * kEvents);
    CHECK(job.pawl({"sql", "pragma integrity_check", "-o", "ids"}).out == "ok\n");
    CHECK(job.pawl({"sql", "select count(*) from v1_runs where status = 'done'", "-o", "ids"}).out == "400\n");
  }
}
