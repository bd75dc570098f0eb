// SIGKILL of the real worker while it goes by what an operator has asked of a run.
#include <catch2/catch.hpp>
#include <csignal>

#include "engine/faults/crash_points.h"
#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

/// The relay puts one of two mails off, and the worker would keep at it for hours.
struct Asked : Job {
  Asked() : Job({"--fail", "rcpt:admin=451 greylisted"}) {
    organisation.fail_sync();
    id = database.value("select id from pawl.outbox");
  }
  Environment patient(const std::string& point = "") const {
    Environment more{{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1h,longest=6h,attempts=20"}};
    if (!point.empty()) more["PAWL_CRASH_AT"] = point;
    return environment(std::move(more));
  }
  bool waits() const {
    return run_pawl({"sql", "select count(*) from v1_waiting where why = 'backoff'", "-o", "ids"}, environment()).out ==
           "1\n";
  }
  /// A worker dies at the point after `ask` was asked of the run that waits there.
  void die_at(const std::string& point, const std::string& ask) {
    PawlProcess worker({"worker"}, patient(point));
    REQUIRE(eventually([&] { return waits(); }));
    REQUIRE(run_pawl({ask, id, "--note", "by phone"}, environment()).code == 0);
    CHECK(worker.wait() == -SIGKILL);
  }
  void require_end(const std::string& status) {
    const PawlProcess worker({"worker"}, patient());
    REQUIRE(eventually([&] { return count("pawl.outbox") == "0"; }));
    CHECK(event_status() == status);
    CHECK(mails_to("owner") == 1);
    CHECK(count("notifications") == "2");
  }

  std::string id;
};

}  // namespace

TEST_CASE("P1 P3 F1: a worker that dies before or after a cancellation is on record ends the run in its next life") {
  for (const char* point :
       {"run-cancelled", "before-checkpoint", "after-checkpoint", "run-ended", "before-archive", "after-archive"}) {
    INFO(point);
    Asked job;
    {  // the first life brings the run to where it waits: what is written in the next one is the cancellation
      PawlProcess worker({"worker"}, job.patient());
      REQUIRE(eventually([&] { return job.waits(); }));
      worker.signal(SIGKILL);
      worker.wait();
    }
    job.die_at(point, "cancel");
    job.require_end("cancelled");
    CHECK(job.mails_to("admin") == 0);
    CHECK(run_pawl({"replay", job.id}, job.environment()).code == 0);
  }
}

TEST_CASE("P1 P3 F1: a worker that dies before or after a retry-now is taken off tries in its next life, or waits on") {
  for (const char* point : {"before-marks-taken-off", "after-marks-taken-off"}) {
    INFO(point);
    Asked job;
    job.smtp.tell("clear");
    job.smtp.tell("rcpt:admin*1=451 greylisted");
    job.die_at(point, "retry-now");
    if (job.count("pawl.outbox") == "1") REQUIRE(run_pawl({"retry-now", job.id}, job.environment()).code == 0);
    job.require_end("done");
    CHECK(job.mails_to("admin") == 1);
  }
}
