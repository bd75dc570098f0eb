// Somebody reads the checkpoint file in one transaction that does not end.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "tests/faults/disk/disk_job.h"

using namespace pawl::faults;

namespace {

/// Holds a snapshot of the file from construction to `end`.
class Reader {
 public:
  explicit Reader(const std::string& file, const std::string& said)
      : said_(said),
        process_(popen(("python3 " PAWL_FAULTS_DIR "/disk_reader.py " + file + " > " + said).c_str(), "w")) {
    REQUIRE(eventually([&] { return std::filesystem::exists(said_) && std::filesystem::file_size(said_) > 0; }));
  }
  ~Reader() { end(); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  void end() {
    if (process_) pclose(process_);
    process_ = nullptr;
  }

 private:
  std::string said_;
  FILE* process_;
};

// Events of an organisation without recipients: a run each, and nobody to tell.
void pass_events(DiskJob& job, int count, int total) {
  job.database.exec("update org_members set role = 'member'");
  job.database.exec(
      "insert into pms_sync_logs (connection_id, status, error_message) select $1::uuid, 'error', 'x'"
      " from generate_series(1, $2::int)",
      {job.organisation.connection, std::to_string(count)});
  REQUIRE(eventually([&] { return job.count("pawl.v1_events where status = 'done'") == std::to_string(total); }));
}

/// How often the WAL began anew: bytes 12 to 15 of its header, the checkpoint sequence number.
std::uint32_t beginnings(const std::string& wal) {
  std::ifstream file(wal, std::ios::binary);
  std::uint32_t sequence = 0;
  for (int byte : {12, 13, 14, 15}) sequence = sequence << 8 | static_cast<std::uint8_t>(file.seekg(byte).get());
  REQUIRE(file);
  return sequence;
}

std::uintmax_t pass_beside_a_reader(int events) {
  DiskJob job;
  REQUIRE(job.work().code == 0);
  PawlProcess worker({"worker"}, job.environment());
  pass_events(job, 10, 10);
  const std::string wal = job.checkpoints() + "-wal";
  Reader reader(job.checkpoints(), job.folder.path() + "/said");
  const std::uint32_t before = beginnings(wal);
  int total = 10;
  pass_events(job, events, total += events);  // commits wait for no reader
  const std::uintmax_t grown = std::filesystem::file_size(wal);
  CHECK(beginnings(wal) == before);
  reader.end();
  for (int passes = 0; beginnings(wal) == before && passes < 4; ++passes) pass_events(job, events, total += events);
  CHECK(beginnings(wal) > before);
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  CHECK(job.stored("pragma integrity_check") == "ok");
  return grown;
}

}  // namespace

TEST_CASE("beside a reader that never ends commits go on; when it ends the -wal grows no further") {
  CHECK(pass_beside_a_reader(2000) > 0);
}

TEST_CASE("20,000 events beside a reader that never ends", "[.full]") {
  WARN("the -wal grew to " << pass_beside_a_reader(20'000) << " bytes");
}
