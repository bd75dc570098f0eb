// Power is lost at every write, fsync and rename of the checkpoint file in turn, and the worker started again.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "tests/faults/disk/disk_job.h"

using namespace pawl::faults;

namespace {

struct Loss {
  int first = 1;
  int step = 1;
  std::string torn{};  ///< A seed; empty: exactly what was synced is kept.
  bool new_file = false;
};

Environment loss_at(const Loss& loss, int point) {
  Environment disk{{"PAWL_DISK_LOSE_AT", std::to_string(point)}};
  if (!loss.torn.empty()) disk["PAWL_DISK_TORN"] = loss.torn + std::to_string(point);
  return disk;
}

bool there_is_a_store(const DiskJob& job) { return std::filesystem::exists(job.checkpoints()); }

// Returns how many points there were.
int sweep(const Loss& loss) {
  DiskJob job;
  if (!loss.new_file) REQUIRE(job.work().code == 0);
  int points = 0;
  for (int point = loss.first;; point += loss.step) {
    INFO("power lost at point " << point << (loss.torn.empty() ? "" : ", torn with seed " + loss.torn));
    if (loss.new_file) job.lose_store();
    job.fail_syncs(1);
    const Completed worked = job.work_on_disk(loss_at(loss, point));
    if (worked.code == 0) break;  // beyond its last write
    REQUIRE(worked.code == -SIGKILL);
    ++points;
    if (there_is_a_store(job)) {
      REQUIRE(job.stored("pragma integrity_check") == "ok");
      if (!loss.new_file) REQUIRE(job.forgotten().empty());
    }
    job.expire_leases();  // of a store that was lost while it was made
    REQUIRE(job.work().code == 0);
    REQUIRE(job.count("pawl.v1_events where status <> 'done'") == "0");
  }
  CHECK(job.fired("lost") == static_cast<std::size_t>(points));
  job.check_promises();
  return points;
}

struct Kept {
  int acknowledged = 0;
  int found = 0;
};

// Loses power in the middle of a program that commits, with SQLite's own setting for how much it syncs.
Kept lose_power_between_commits(const std::string& synchronous) {
  const pawl::tests::TemporaryDirectory folder;
  const std::string file = folder.path() + "/commits.db", program = PAWL_FAULTS_DIR "/disk_commits.py";
  const std::string disk = "LD_PRELOAD=" PAWL_DISK_FAULTS " PAWL_DISK_PREFIX=" + file + " PAWL_DISK_LOSE_AT=100";
  const auto count = [&](const std::string& command) {
    const std::string out = folder.path() + "/out";
    REQUIRE(std::system((command + " > " + out + " 2>/dev/null").c_str()) >= 0);
    std::ifstream lines(out);
    int number = 0;
    while (lines >> number) continue;
    return number;
  };
  const int acknowledged = count(disk + " python3 " + program + " " + file + " " + synchronous);
  const std::string select = "import sqlite3; print(sqlite3.connect('" + file + "').execute('select count(*) from ";
  return {acknowledged, count("python3 -c \"" + select + "commits').fetchone()[0])\"")};
}

}  // namespace

TEST_CASE("F2: the faulty disk tells a program that syncs each commit from one that does not") {
  const Kept full = lose_power_between_commits("full");
  CHECK(full.acknowledged > 10);
  CHECK(full.found >= full.acknowledged);
  const Kept normal = lose_power_between_commits("normal");
  CHECK(normal.acknowledged > 10);
  CHECK(normal.found < normal.acknowledged);
}

TEST_CASE("F2 I1 I2 I3: after a loss of power nothing that was acknowledged is missing, everyone is told") {
  CHECK(sweep({.first = 1, .step = 4}) > 5);
}

TEST_CASE("F2 F3 I1 I2 I3: after a loss of power that tears pages everyone is told") {
  CHECK(sweep({.first = 2, .step = 4, .torn = "7"}) > 5);
}

TEST_CASE("F2 I1 I2 I3: after a loss of power while the store is made everyone is told") {
  CHECK(sweep({.first = 3, .step = 12, .torn = "3", .new_file = true}) > 5);
}

TEST_CASE("F2: a disk that lies about its syncs costs repeated work and no event") {
  DiskJob job;
  job.fail_syncs(1);
  REQUIRE(job.work().code == 0);
  job.tell("lie");
  job.fail_syncs(5);
  PawlProcess worker({"worker"}, job.on_disk());
  REQUIRE(eventually([&] { return job.count("pawl.v1_events where status = 'done'") == "6"; }));
  job.tell("lose");
  job.fail_syncs(1);
  REQUIRE(worker.wait() == -SIGKILL);
  CHECK_FALSE(job.forgotten().empty());  // and so the sweeps above would notice
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F2: every point, whole and torn", "[.full]") {
  WARN("clean points: " << sweep({}));
  WARN("clean points, new file: " << sweep({.new_file = true}));
  for (const char* seed : {"1", "2", "3", "4"}) {
    WARN("torn points, seed " << seed << ": " << sweep({.torn = seed}));
    WARN("torn points, new file, seed " << seed << ": " << sweep({.torn = seed, .new_file = true}));
  }
}
