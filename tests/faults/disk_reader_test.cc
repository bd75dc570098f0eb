// Somebody reads the checkpoint file in one transaction that does not end.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>

#include "tests/faults/disk_job.h"

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

std::uintmax_t pass_beside_a_reader(int events) {
  DiskJob job;
  REQUIRE(job.work().code == 0);
  PawlProcess worker({"worker"}, job.environment());
  pass_events(job, 10, 10);
  const std::string wal = job.checkpoints() + "-wal";
  Reader reader(job.checkpoints(), job.folder.path() + "/said");
  pass_events(job, events, 10 + events);  // commits wait for no reader
  const std::uintmax_t grown = std::filesystem::file_size(wal);
  reader.end();
  pass_events(job, events, 10 + 2 * events);
  pass_events(job, events, 10 + 3 * events);
  const std::uintmax_t settled = std::filesystem::file_size(wal);
  pass_events(job, events, 10 + 4 * events);
  CHECK(std::filesystem::file_size(wal) == settled);  // it began anew at the first checkpoint after the reader's end
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
