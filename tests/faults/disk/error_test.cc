// Reads, writes and fsyncs of the checkpoint file fail, once or for long.
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>

#include "tests/faults/disk/disk_job.h"

using namespace pawl::faults;

namespace {

std::size_t times(const PawlProcess& worker, const std::string& words) {
  const std::string log = worker.err();
  std::size_t count = 0;
  for (auto at = log.find(words); at != std::string::npos; at = log.find(words, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("F5: after one error the file is opened and verified anew, and what was acknowledged survives a power loss") {
  DiskJob job;
  REQUIRE(job.work().code == 0);
  const auto worker = job.start_on_disk();
  for (const std::string fault : {"eio-write", "eio-fsync", "enospc", "short", "eio-fsync"}) {
    INFO("one " << fault);
    const std::size_t before = job.fired(fault);
    job.tell(fault + "-once");
    job.fail_syncs(3);
    REQUIRE(eventually([&] { return job.all_done(); }));
    CHECK(job.fired(fault) == before + 1);
  }
  job.tell("lose");
  job.fail_syncs(1);
  REQUIRE(worker->wait() == -SIGKILL);
  CHECK(job.stored("pragma integrity_check") == "ok");
  CHECK(job.forgotten().empty());
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F5: an error that stays is told once, retried with waits, and over when the disk answers again") {
  const std::string fault = GENERATE("eio-fsync", "eio-write", "eio-open");
  INFO(fault);
  DiskJob job;
  REQUIRE(job.work().code == 0);
  const auto worker = job.start_on_disk();
  REQUIRE(eventually([&] { return job.page("/readyz").find("200 OK") != std::string::npos; }));
  job.tell(fault == "eio-open" ? "eio-write" : fault);  // opening fails only once the open file was given up
  job.fail_syncs(3);
  REQUIRE(eventually([&] { return times(*worker, "checkpoints cannot be written") == 1; }));
  job.tell(fault);
  const auto began = std::chrono::steady_clock::now();
  const std::size_t fired = job.fired(fault);
  REQUIRE(eventually([&] { return job.fired(fault) >= fired + 6; }));
  // An attempt stops at its first failed call, or its second when that was the commit's; between attempts are waits of
  // 100 ms doubling to 5 s, of which the first may have begun before. A hot loop needs no time at all.
  CHECK(std::chrono::steady_clock::now() - began > std::chrono::milliseconds(100));
  CHECK(times(*worker, "checkpoints cannot be written") == 1);
  const std::string readiness = job.page("/readyz");
  CHECK(readiness.find("503") != std::string::npos);
  CHECK(readiness.find("checkpoints: ") != std::string::npos);
  CHECK(readiness.find(job.checkpoints()) != std::string::npos);
  CHECK(job.count("notifications") == "0");
  job.tell("ok");
  REQUIRE(eventually([&] { return job.all_done(); }));
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 0);
  job.check_promises();
}

TEST_CASE("F5: a store that cannot be read is waited for") {
  DiskJob job;
  job.fail_syncs(1);
  REQUIRE(job.work().code == 0);
  const auto worker = job.start_on_disk();
  job.tell("eio-fsync");  // so that the file is given up and has to be read anew
  job.fail_syncs(1);
  REQUIRE(eventually([&] { return times(*worker, "checkpoints cannot be written") == 1; }));
  job.tell("eio-read");
  job.fail_syncs(3);
  const bool fired = eventually([&] { return job.fired("eio-read") >= 3; });
  INFO(worker->err());
  CAPTURE(job.fired("eio-read"));
  REQUIRE(fired);
  job.tell("ok");
  REQUIRE(eventually([&] { return job.all_done(); }));
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 0);
  job.check_promises();
}
