// The checkpoint file is read-only, damaged, deleted, copied or an old one.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <random>

#include "tests/faults/disk/disk_job.h"

using namespace pawl::faults;
namespace fs = std::filesystem;

namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::in | std::ios::out | std::ios::trunc) << bytes;
}

// Refused at each start, as a supervisor would try it: the file stays as it is, and nothing is claimed.
void check_refused(DiskJob& job, const std::string& what, const Environment& environment) {
  const std::string before = bytes_of(job.checkpoints());
  for (int start = 0; start < 2; ++start) {
    const Completed refused = pawl::bin::run_pawl({"worker", "--until-idle"}, environment);
    CHECK(refused.code == 4);
    CHECK_THAT(refused.err, Catch::Contains(job.checkpoints()) && Catch::Contains(what));
    CHECK(job.count("pawl.workers where stopped_at is null") == "0");
    CHECK(job.count("pawl.outbox where deliveries > 0") == "0");
    CHECK(bytes_of(job.checkpoints()) == before);
  }
}

// A store with runs in its file, and one more event to claim.
void fill(DiskJob& job) {
  job.fail_syncs(20);
  REQUIRE(job.work().code == 0);
  job.fail_syncs(1);
}

// A worker killed while runs move, with their checkpoints in its -wal alone.
void kill_midway(DiskJob& job) {
  job.smtp.tell("dot:admin=stall");
  const std::size_t before = job.smtp.count("DOT");
  job.fail_syncs(10);
  const auto worker = job.start_on_disk();
  REQUIRE(eventually([&] { return job.smtp.count("DOT") > before + 2; }));
  worker->signal(SIGKILL);
  REQUIRE(worker->wait() == -SIGKILL);
  job.smtp.tell("clear");
}

}  // namespace

TEST_CASE("F6: a file that is read-only or another user's is refused, and nothing claimed") {
  const std::string fault = GENERATE("read-only", "forbidden");
  DiskJob job;
  fill(job);
  job.tell(fault);
  check_refused(job, "writable for this user", job.on_disk());
  CHECK(job.fired(fault) > 0);
  job.tell("ok");
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F7: a damaged file is refused at every start, never made anew, and moving it away is the way out") {
  DiskJob job;
  fill(job);
  std::string bytes = bytes_of(job.checkpoints());
  SECTION("pages overwritten") {
    for (std::size_t at = 4096 * 4; at < bytes.size(); at += 4096) bytes.replace(at, 200, std::string(200, '\xff'));
    write_bytes(job.checkpoints(), bytes);
    check_refused(job, "damaged", job.environment());
  }
  SECTION("cut in half") {
    write_bytes(job.checkpoints(), bytes.substr(0, bytes.size() / 2));
    check_refused(job, "damaged", job.environment());
  }
  SECTION("a header of noughts") {
    write_bytes(job.checkpoints(), bytes.replace(0, 100, std::string(100, '\0')));
    check_refused(job, "no checkpoint file", job.environment());
  }
  fs::rename(job.checkpoints(), job.checkpoints() + ".damaged");
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F7: damage that an I/O error led to is found when the file is opened again, and ends the worker") {
  DiskJob job;
  fill(job);
  const auto worker = job.start_on_disk();
  REQUIRE(eventually([&] { return job.all_done(); }));
  std::fstream file(job.checkpoints(), std::ios::binary | std::ios::in | std::ios::out);
  for (int page = 4; page < 10; ++page) file.seekp(4096 * page) << std::string(200, '\xff') << std::flush;
  job.tell("eio-fsync-once");
  job.fail_syncs(1);
  CHECK(worker->wait() == 4);
  CHECK_THAT(worker->err(), Catch::Contains(job.checkpoints()) && Catch::Contains("damaged"));
  CHECK(job.work().code == 4);
  job.lose_store();
  job.expire_leases();
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F8: a file deleted while the worker runs ends it; the events are delivered again") {
  DiskJob job;
  const auto worker = job.start_on_disk();
  job.fail_syncs(2);
  REQUIRE(eventually([&] { return job.all_done(); }));
  SECTION("the file") { fs::remove(job.checkpoints()); }
  SECTION("its -wal") { fs::remove(job.checkpoints() + "-wal"); }
  SECTION("its directory, as when its file system goes") { fs::rename(job.folder.path(), job.folder.path() + ".gone"); }
  job.fail_syncs(20);
  CHECK(worker->wait() == 4);
  CHECK_THAT(worker->err(), Catch::Contains(job.checkpoints()) && Catch::Contains("deleted"));
  if (fs::exists(job.folder.path() + ".gone")) fs::rename(job.folder.path() + ".gone", job.folder.path());
  job.lose_store();
  job.expire_leases();
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F8: a chosen file whose directory is missing is refused, since that may be a file system not mounted") {
  DiskJob job;
  job.fail_syncs(1);
  const std::string file = job.folder.path() + "/mount/checkpoints.db";
  const Completed refused = job.work({{"PAWL_CHECKPOINTS", file}});
  CHECK(refused.code == 4);
  CHECK_THAT(refused.err, Catch::Contains(file) && Catch::Contains("No such file or directory"));
  CHECK(job.count("pawl.outbox where deliveries > 0") == "0");
  CHECK_FALSE(fs::exists(job.folder.path() + "/mount"));
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F8: a file deleted before the start costs repeated work only") {
  DiskJob job;
  kill_midway(job);
  job.lose_store();
  job.expire_leases();
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F8: a file deleted without its -wal is refused: the old -wal does not get into a new file") {
  DiskJob job;
  kill_midway(job);
  REQUIRE(fs::file_size(job.checkpoints() + "-wal") > 0);
  const std::string wal = bytes_of(job.checkpoints() + "-wal");
  SECTION("deleted") { fs::remove(job.checkpoints()); }
  SECTION("emptied") { fs::resize_file(job.checkpoints(), 0); }
  for (int start = 0; start < 2; ++start) {
    const Completed refused = job.work();
    CHECK(refused.code == 4);
    CHECK_THAT(refused.err, Catch::Contains(job.checkpoints()) && Catch::Contains("-wal"));
  }
  CHECK(bytes_of(job.checkpoints() + "-wal") == wal);
  job.lose_store();
  job.expire_leases();
  CHECK(job.work().code == 0);
  job.check_promises();
}

TEST_CASE("F3: with a torn or bit-flipped end of its -wal a worker resumes from an earlier step") {
  DiskJob job;
  std::mt19937 random(5);
  for (int round = 0; round < 6; ++round) {
    kill_midway(job);
    std::string wal = bytes_of(job.checkpoints() + "-wal");
    REQUIRE(wal.size() > 4096);
    const std::size_t tail = wal.size() / 3, at = wal.size() - 1 - random() % tail;
    INFO("round " << round << ", " << wal.size() << " bytes, damaged at " << at);
    if (round % 2 == 0)
      wal.resize(at);
    else
      wal[at] = static_cast<char>(wal[at] ^ 1 << random() % 8);
    write_bytes(job.checkpoints() + "-wal", wal);
    REQUIRE(job.work().code == 0);
    CHECK(job.stored("pragma integrity_check") == "ok");
  }
  job.check_promises();
}

TEST_CASE("F9: of two workers on copies of one file the earlier ends, naming the later; nobody is told twice") {
  DiskJob job;
  job.fail_syncs(1);
  REQUIRE(job.work().code == 0);
  const std::string copy = job.folder.path() + "/copy.db";
  fs::copy_file(job.checkpoints(), copy);
  PawlProcess earlier({"worker"}, job.environment());
  job.fail_syncs(30);
  REQUIRE(eventually([&] { return job.count("pawl.v1_events where status = 'done'") > "1"; }));
  PawlProcess later({"worker"}, job.environment({{"PAWL_CHECKPOINTS", copy}}));
  job.fail_syncs(30);
  CHECK(earlier.wait() == 4);
  CHECK_THAT(earlier.err(), Catch::Contains("pid " + std::to_string(later.pid())) && Catch::Contains("copy"));
  REQUIRE(eventually([&] { return job.all_done(); }));
  later.signal(SIGTERM);
  CHECK(later.wait() == 0);
  job.check_promises();
}

TEST_CASE("F9: a worker on an old backup of its file repeats work and tells nobody twice") {
  DiskJob job;
  kill_midway(job);  // the backup knows runs that move
  const std::string backup = job.folder.path() + "/backup.db";
  for (const char* part : {"", "-wal"}) fs::copy_file(job.checkpoints() + part, backup + part);
  REQUIRE(job.work().code == 0);  // and they end meanwhile
  kill_midway(job);               // others are under way that the backup has never heard of
  job.lose_store();
  for (const char* part : {"", "-wal"}) fs::copy_file(backup + part, job.checkpoints() + part);
  CHECK(job.work().code == 0);
  CHECK(job.stored("select count(*) from v1_runs where status = 'superseded'") == "10");
  job.check_promises();
}
