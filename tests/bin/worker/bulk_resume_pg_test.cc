// Five hundred events fail for good, and come back by one command that is paused and outlives its worker.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

struct Story : Job {
  Story() : Job({"--fail", "rcpt=550 5.1.1 no such user"}) {}

  void fail_syncs(int count) {
    database.exec(
        "insert into pms_sync_logs (connection_id, status, error_message)"
        " select $1::uuid, 'error', 'token ' || n || ' revoked' from generate_series(1, $2::int) n",
        {organisation.connection, std::to_string(count)});
  }
  std::string owed() { return database.value("select owed from pawl.v1_batches"); }
  bool settled() { return count("pawl.outbox") == "0"; }
};

}  // namespace

TEST_CASE_METHOD(Story, "500 events that failed for good come back at a pace, through a pause and the worker's death") {
  fail_syncs(500);
  REQUIRE(work().code == 0);
  REQUIRE(count("pawl.v1_events where status = 'failed'") == "500");
  REQUIRE(count("notifications") == "1000");
  REQUIRE(smtp.received().empty());

  const Completed status = pawl({"status"});
  CHECK(status.code == 1);
  CHECK_THAT(status.out, Catch::Contains("500 runs of notify-sync-failure failed within a day") &&
                             Catch::Contains("550 5.1.1 no such user"));
  const auto grouped = nlohmann::json::parse(pawl({"runs", "--group", "--since", "1h", "-o", "json"}).out)["groups"];
  const Completed preview = pawl({"resume", "--failed", "-o", "json"});
  CHECK(preview.code == 4);
  const auto groups = nlohmann::json::parse(preview.out)["groups"];
  REQUIRE(groups.size() == 1);
  CHECK(grouped == groups);
  CHECK(groups[0]["runs"] == 500);
  CHECK(groups[0]["reason"].get<std::string>().find("550 5.1.1 no such user") != std::string::npos);

  smtp.tell("clear");
  PawlProcess worker({"worker"}, environment());
  REQUIRE(eventually([&] { return count("pawl.v1_workers where state = 'asleep'") == "1"; }));
  const Completed resumed = pawl({"resume", "--failed", "--rate", "50/s", "--yes", "--note", "relay mended"});
  CHECK(resumed.code == 0);
  CHECK_THAT(resumed.err, Catch::Contains("a worker does it") && Catch::Contains("pawl batch watch 1") &&
                              Catch::Contains("it will be taken up by a worker on"));
  REQUIRE(eventually([&] { return std::stoi(owed()) < 480; }));
  // as `pawl batch pause 1` does, without a process that a busy machine starts after the batch is through
  database.exec("select pawl.control_batch(1, 'pause', 'alice')");
  const std::string held = owed();
  CHECK(database.value("select runs - owed <= 50 * extract(epoch from clock_timestamp() - created_at) + 50"
                       " from pawl.v1_batches") == "t");
  CHECK(std::stoi(held) > 0);
  REQUIRE(eventually([&] { return settled(); }));
  worker.signal(SIGKILL);
  CHECK(worker.wait() == -SIGKILL);
  CHECK(count("pawl.v1_events where status = 'failed'") == held);
  CHECK(count("pawl.v1_events where batch = 1") == held);
  CHECK(pawl({"batch", "continue", "1"}).code == 0);

  PawlProcess next({"worker"}, environment());
  const Completed watched = pawl({"batch", "watch", "1"});
  CHECK(watched.code == 0);
  CHECK_THAT(watched.out, Catch::Contains("500 of 500 runs, done") && Catch::Contains("resumed"));
  REQUIRE(eventually([&] { return settled(); }));
  next.signal(SIGTERM);
  CHECK(next.wait() == 0);

  CHECK(count("pawl.v1_events where status = 'done'") == "500");
  CHECK(count("notifications") == "1000");
  CHECK(smtp.received().size() == 1000);
  CHECK(count("pawl.v1_emails where state = 'accepted' and in_doubt_count = 0") == "1000");
  CHECK(count("pawl.commands where verb = 'resume' and outcome = 'resumed' and batch = 1"
              " and note = 'relay mended'") == "500");
}

TEST_CASE_METHOD(Story, "where no worker lives resume does the batch itself, and says what waits") {
  fail_syncs(3);
  REQUIRE(work().code == 0);
  expire_leases();
  const Completed done = pawl({"resume", "--failed", "--yes"});
  CHECK(done.code == 0);
  CHECK_THAT(done.err, Catch::Contains("no worker lives") && Catch::Contains("waits for a worker"));
  CHECK_THAT(done.out, Catch::Contains("resumed"));
  CHECK(count("pawl.outbox") == "3");
  CHECK(database.value("select state from pawl.v1_batches") == "done");
}

TEST_CASE_METHOD(Story, "a batch that was left by Ctrl-C stays as it is, and continue goes on with it") {
  fail_syncs(5);
  REQUIRE(work().code == 0);
  expire_leases();
  PawlProcess left({"resume", "--failed", "--rate", "1/h", "--yes"}, environment());
  REQUIRE(eventually([&] { return count("pawl.v1_batches where owed = 4") == "1"; }));
  left.signal(SIGINT);
  CHECK(left.wait() == 1);
  CHECK_THAT(left.err(), Catch::Contains("is running") && Catch::Contains("pawl batch continue 1"));
  CHECK(database.value("select state || ' ' || owed from pawl.v1_batches") == "running 4");
  database.exec("update pawl.batches set rate = 0");
  CHECK(pawl({"batch", "continue", "1"}).code == 0);
  CHECK(database.value("select state from pawl.v1_batches") == "done");
}

TEST_CASE_METHOD(Story, "a worker that runs until it is idle finishes a batch at its rate first") {
  fail_syncs(3);
  REQUIRE(work().code == 0);
  smtp.tell("clear");
  database.exec("select pawl.make_batch('resume', '{}', 'alice', '', 10)");
  CHECK(work().code == 0);
  CHECK(event_status() == "done");
  CHECK(smtp.received().size() == 6);
}
