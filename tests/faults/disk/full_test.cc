// There is no space left on the checkpoint file's disk, and then there is again.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/disk/disk_job.h"

using namespace pawl::faults;

namespace {

bool says(const PawlProcess& worker, const std::string& words) { return worker.err().find(words) != std::string::npos; }

constexpr const char* kDown = "checkpoints cannot be written";

}  // namespace

TEST_CASE("F4: on a full disk nothing takes effect and leases are kept; with space again it drains by itself") {
  DiskJob job;
  REQUIRE(job.work().code == 0);
  const auto worker = job.start_on_disk({{"PAWL_LEASE", "3s"}});
  REQUIRE(eventually([&] { return job.page("/readyz").find("200 OK") != std::string::npos; }));

  job.tell("enospc");
  job.fail_syncs(5);
  REQUIRE(eventually([&] { return says(*worker, kDown); }));
  const std::size_t fired = job.fired("enospc");
  REQUIRE(eventually([&] { return job.fired("enospc") > fired + 2; }));  // no claim is under way any more
  const std::string claimed = job.count("pawl.outbox where deliveries > 0");
  job.fail_syncs(20);
  const std::string renewed = "select extract(epoch from expires_at) from pawl.workers";
  const double expires_at = std::stod(job.database.value(renewed));
  REQUIRE(
      eventually([&] { return std::stod(job.database.value(renewed)) > expires_at + 3; }));  // more than one renewal
  CHECK(job.count("pawl.outbox where deliveries > 0") == claimed);
  CHECK(job.count("notifications") == "0");
  CHECK(job.smtp.received().empty());
  CHECK(job.count("pawl.v1_emails") == "0");
  const std::string readiness = job.page("/readyz");
  CHECK(readiness.find("503") != std::string::npos);
  CHECK(readiness.find("checkpoints: ") != std::string::npos);
  CHECK(readiness.find("free space on its disk") != std::string::npos);
  CHECK(job.page("/healthz").find("200 OK") != std::string::npos);

  job.tell("ok");
  REQUIRE(eventually([&] { return job.all_done(); }));
  CHECK(says(*worker, "cannot be written"));
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 0);
  CHECK(job.smtp.received().size() == 50);
  CHECK(job.count("pawl.outbox_archive where deliveries <> 1") == "0");
  job.check_promises();
}

TEST_CASE("F4: a disk that is full while mails are on their way repeats the checkpoints, not the mails") {
  DiskJob job({"--fail", "dot*2=wait=1"});
  REQUIRE(job.work().code == 0);
  const auto worker = job.start_on_disk();
  job.fail_syncs(3);
  REQUIRE(eventually([&] { return job.smtp.count("DATA") > 0; }));
  job.tell("enospc-grow");
  REQUIRE(eventually([&] { return says(*worker, kDown); }));
  job.tell("ok");
  REQUIRE(eventually([&] { return job.all_done(); }));
  CHECK(job.fired("enospc-grow") > 0);
  CHECK(job.smtp.received().size() == 6);
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 0);
  job.check_promises();
}

TEST_CASE("F4: a worker that starts on a full disk waits for space and says so") {
  const bool new_file = GENERATE(true, false);
  DiskJob job;
  if (!new_file) REQUIRE(job.work().code == 0);
  job.tell("enospc");
  job.fail_syncs(3);
  const auto worker = job.start_on_disk();
  REQUIRE(eventually([&] { return says(*worker, "cannot open the checkpoints yet"); }));
  CHECK(job.page("/readyz").find("503") != std::string::npos);
  CHECK(job.page("/readyz").find(job.checkpoints()) != std::string::npos);
  CHECK(job.count("pawl.workers where stopped_at is null") == "0");
  job.tell("ok");
  REQUIRE(eventually([&] { return job.all_done(); }));
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 0);
  job.check_promises();
}

TEST_CASE("F4: a worker that is told to stop on a full disk gives up after its drain timeout and loses nothing") {
  DiskJob job;
  REQUIRE(job.work().code == 0);
  const auto worker = job.start_on_disk({{"PAWL_DRAIN_TIMEOUT", "500ms"}});
  REQUIRE(eventually([&] { return job.page("/readyz").find("200 OK") != std::string::npos; }));
  job.tell("enospc");
  job.fail_syncs(3);
  REQUIRE(eventually([&] { return says(*worker, kDown); }));
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 1);
  CHECK(job.work().code == 0);
  job.check_promises();
}
