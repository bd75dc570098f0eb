// The process runs out of file descriptors, threads, patience of its supervisor or readers of its log.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/disk/disk_job.h"

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
                                       {"PAWL_CONNECT_TIMEOUT", "100ms"},
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

TEST_CASE("a worker whose log nobody reads, or whose reader is gone, goes on and ends with 0") {
  const bool reader_is_gone = GENERATE(false, true);
  DiskJob job;
  int ends[2];
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  REQUIRE(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
  const Environment settings = job.environment({{"PAWL_LOG_LEVEL", "debug"}});
  const pid_t worker = fork();
  if (worker == 0) {
    for (const auto& [name, value] : settings) setenv(name.c_str(), value.c_str(), 1);
    dup2(ends[1], STDERR_FILENO);
    execl(PAWL_BINARY, PAWL_BINARY, "worker", nullptr);
    _exit(127);
  }
  if (reader_is_gone) close(ends[0]);
  job.fail_syncs(40);
  const bool done = eventually([&] { return job.all_done(); });
  CHECK(done);
  kill(worker, done ? SIGTERM : SIGKILL);
  int status = 0;
  waitpid(worker, &status, 0);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  job.check_promises();
  if (!reader_is_gone) {
    int waiting = 0;
    ioctl(ends[0], FIONREAD, &waiting);
    CHECK(waiting > 0);
    CHECK(waiting < 40 * 100);  // less than a line an event: it was full indeed
    close(ends[0]);
  }
  close(ends[1]);
}
