// A server that is silent: connected, acknowledging, never answering.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const bin::Environment kShort{{"PAWL_POSTGRES_TIMEOUT", "2s"}};

double seconds_since(std::chrono::steady_clock::time_point started) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
}

}  // namespace

TEST_CASE("P1 P9: a proxy that goes silent is noticed within the timeout and the work goes on when it answers again") {
  FaultJob job;
  TcpProxy proxy(job.cluster);
  bin::PawlProcess worker({"worker"}, job.environment(FaultJob::through(proxy.conninfo(job.database.name), kShort)));
  job.organisation.fail_sync();
  REQUIRE(job.eventually_finished(1));

  const auto silent_since = std::chrono::steady_clock::now();
  proxy.tell("silent");
  job.organisation.fail_sync();
  REQUIRE(bin::eventually([&] { return worker.err().find("no answer within 2000 ms") != std::string::npos; }));
  WARN("a silent connection was given up after " << seconds_since(silent_since) << " s of 2 s");
  const int before = proxy.connections();
  REQUIRE(bin::eventually([&] { return proxy.connections() > before; }));  // new ones are silent too

  proxy.tell("pass");
  CHECK(job.eventually_finished(2));
  check_drains(worker);
  job.check_everyone_notified();
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P9: a frozen backend is given up within the timeout and what it wakes up to do changes nothing") {
  FaultJob job;
  bin::PawlProcess worker({"worker"}, job.environment(kShort));
  job.organisation.fail_sync();
  REQUIRE(job.eventually_finished(1));

  const auto backends = job.database.exec(
      "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
      " and query not like 'insert into pms_sync_logs%'");
  REQUIRE(backends.size() >= 3);
  for (const auto& row : backends) kill(std::stoi(row[0]), SIGSTOP);
  const std::string event = job.organisation.fail_sync();
  CHECK(bin::eventually([&] { return worker.err().find("no answer within 2000 ms") != std::string::npos; }));
  CHECK(job.eventually_finished(2));
  for (const auto& row : backends) kill(std::stoi(row[0]), SIGCONT);
  for (int i = 0; i < 20; ++i) job.organisation.fail_sync();
  CHECK(job.eventually_finished(22));
  check_drains(worker);
  job.check_everyone_notified();
  CHECK(job.no_attempt_burnt());
}
