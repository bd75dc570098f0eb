// The process runs out of file descriptors, threads, patience of its supervisor or readers of its log.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/disk_job.h"

using namespace pawl::faults;

namespace {

void raise_limit(const PawlProcess& process) {
  rlimit limit{};
  prlimit(process.pid(), RLIMIT_NOFILE, nullptr, &limit);
  limit.rlim_cur = limit.rlim_max;
  prlimit(process.pid(), RLIMIT_NOFILE, &limit, nullptr);
}

}  // namespace

TEST_CASE("F16: short of file descriptors a worker says so, crashes never and drains once it may have more") {
  DiskJob job;
  REQUIRE(job.work().code == 0);
  int refused = 0, waited = 0;
  for (int most = 4; most < 28; most += 3) {
    INFO("at most " << most << " descriptors");
    job.fail_syncs(2);
    PawlProcess worker(
        {"worker"}, job.environment({{"LD_PRELOAD", PAWL_PROCESS_LIMITS}, {"PAWL_FILES_MAX", std::to_string(most)}}));
    REQUIRE(eventually([&] { return worker.ended() || job.all_done() || !worker.err().empty(); }));
    INFO(worker.err());
    raise_limit(worker);
    REQUIRE(eventually([&] { return worker.ended() || job.all_done(); }));
    if (worker.ended()) {
      CHECK(worker.wait() > 0);
      CHECK_FALSE(worker.err().empty());
      ++refused;
      CHECK(job.work().code == 0);
      continue;
    }
    waited += !worker.err().empty();
    worker.signal(SIGTERM);
    CHECK(worker.wait() == 0);
  }
  CHECK(waited > 0);
  WARN("ended with an error: " << refused << ", waited: " << waited);
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F16: without threads a worker ends with an error that says so, and nothing is lost") {
  DiskJob job;
  job.fail_syncs(2);
  int refused = 0;
  for (int most = 0;; ++most) {
    INFO("at most " << most << " threads");
    const Completed worked = job.work({{"LD_PRELOAD", PAWL_PROCESS_LIMITS},
                                       {"PAWL_THREADS_MAX", std::to_string(most)},
                                       {"PAWL_MAIL", "maildir:" + job.folder.path() + "/mail"}});
    if (worked.code == 0) break;
    CHECK(worked.code == 1);
    CHECK_THAT(worked.err, Catch::Contains("thread"));
    ++refused;
  }
  CHECK(refused > 3);
  CHECK(job.all_done());
  CHECK(job.count("notifications") == "4");
}

TEST_CASE("F17: a worker that is stopped in a step drains it and ends with 0") {
  DiskJob job({"--fail", "dot*1=wait=2"});
  job.fail_syncs(1);
  PawlProcess worker({"worker"}, job.environment());
  REQUIRE(eventually([&] { return job.smtp.count("DOT") > 0; }));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  CHECK(job.all_done());
  job.check_promises();
}

TEST_CASE("F17: stopped twice it ends at once, and what it did not finish goes on at the next start") {
  DiskJob job({"--fail", "dot=stall"});
  job.fail_syncs(5);
  PawlProcess worker({"worker"}, job.environment({{"PAWL_LOG_LEVEL", "info"}}));
  REQUIRE(eventually([&] { return job.smtp.count("DOT") > 0; }));
  worker.signal(SIGTERM);
  REQUIRE(eventually([&] { return worker.err().find("draining") != std::string::npos; }));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 128 + SIGTERM);
  job.smtp.tell("clear");
  CHECK(job.work().code == 0);
  job.check_promises();
}
