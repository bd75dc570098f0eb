// A checkpoint file whose runs another build began, under the real binary.
#include <SQLiteCpp/SQLiteCpp.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

std::string waiting_reason(const Job& job) {
  return job.pawl({"sql", "select reason from v1_waiting", "-o", "ids"}).out;
}

void work_until_waiting_for(const Job& job, const std::string& reason) {
  PawlProcess worker({"worker"}, job.environment());
  REQUIRE(eventually([&] { return waiting_reason(job).find(reason) != std::string::npos; }));
  worker.signal(SIGTERM);
  REQUIRE(worker.wait() == 0);
}

/// What the resolve-recipients of another build has recorded: its name, or the form of its output.
void record_otherwise(const Job& job, const std::string& change) {
  SQLite::Database(job.checkpoints(), SQLite::OPEN_READWRITE).exec("update steps set " + change);
}

}  // namespace

TEST_CASE("F18: a run of another build waits with the reason, is not ended without it, and ends under its own build") {
  Job job({"--fail", "data:admin=451 4.3.0 try again later"});
  job.organisation.fail_sync();
  work_until_waiting_for(job, "451 4.3.0");
  const std::string run = job.database.value("select event_id from pawl.v1_events");
  REQUIRE(job.mails_to("owner") == 1);
  job.smtp.tell("clear");

  record_otherwise(job, "result = '{\"people\":' || result || '}' where step = 'resolve-recipients'");
  work_until_waiting_for(job, "cannot read its checkpoint");
  CHECK(job.count("pawl.outbox where lease_epoch is not null") == "1");
  CHECK(job.mails_to("admin") == 0);
  CHECK(job.pawl({"replay", run}).code == 5);
  // what the worker parks is no match for replay either
  SQLite::Database(job.checkpoints(), SQLite::OPEN_READWRITE).exec("update runs set workflow = 'tell-nobody'");
  const auto unknown = job.pawl({"replay", run});
  CHECK(unknown.code == 5);
  CHECK(unknown.out.find("no workflow named tell-nobody") != std::string::npos);
  SQLite::Database(job.checkpoints(), SQLite::OPEN_READWRITE).exec("update runs set workflow = 'notify-sync-failure'");

  record_otherwise(job, "result = json_extract(result, '$.people') where step = 'resolve-recipients'");
  CHECK(job.work().code == 0);
  CHECK(job.event_status() == "done");
  CHECK(job.mails_to("owner") == 1);
  CHECK(job.mails_to("admin") == 1);
  CHECK(job.count("notifications") == "2");
}
