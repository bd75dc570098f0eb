// What health, readiness and metrics answer for each state of a worker.
#include "bin/status/page.h"

#include <catch2/catch.hpp>

#include "tests/bin/manual_clock.h"

using namespace pawl::bin;
using namespace std::chrono_literals;
using pawl::engine::RunnerStatus;

namespace {

struct PageFixture {
  ManualClock clock;
  StatusBoard board{clock, {"resolve-recipients", "send-email"}};

  Page get(const std::string& path) { return page_of(path, board.read(), clock.now()); }
};

}  // namespace

TEST_CASE_METHOD(PageFixture, "a worker that cannot register is healthy but not ready, and says why") {
  board.starting("cannot connect to Postgres");
  clock.time += 60s;
  CHECK(get("/healthz").status == 200);
  const Page ready = get("/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body == "not registered with the outbox: cannot connect to Postgres\n");
}

TEST_CASE_METHOD(PageFixture, "a worker whose main thread is silent between two registrations is no longer healthy") {
  board.turned({});
  board.starting("lease lost");
  clock.time += 4min;
  CHECK(get("/healthz").status == 200);
  clock.time += 2min;
  CHECK(get("/healthz").status == 503);
  board.starting("no answer");
  CHECK(get("/healthz").status == 200);
}

TEST_CASE_METHOD(PageFixture, "a registered worker with nothing wrong is ready") {
  board.turned({});
  CHECK(get("/readyz").status == 200);
  CHECK(get("/readyz").body == "ready\n");
}

TEST_CASE_METHOD(PageFixture, "readiness lists each reason on a line: outbox, checkpoints, paused steps, draining") {
  RunnerStatus status;
  status.outbox_error = "connection refused";
  status.checkpoints_error = "disk full";
  status.open_circuits.push_back({"send-email", "relay refuses our login"});
  board.turned(status);
  board.draining();
  const Page ready = get("/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body ==
        "draining: nothing new is claimed\noutbox: connection refused\ncheckpoints: disk full\n"
        "step send-email is paused: relay refuses our login\n");
}

TEST_CASE_METHOD(PageFixture,
                 "what keeps failed syncs from being told makes a worker unready, a line each, until it is mended") {
  board.turned({});
  board.application({"trigger a is disabled", "policy b hides rows"});
  board.turned({});
  CHECK(get("/readyz").status == 503);
  CHECK(get("/readyz").body == "application: trigger a is disabled\napplication: policy b hides rows\n");
  CHECK_THAT(get("/metrics").body, Catch::Contains("\npawl_application_up 0\n"));
  CHECK(get("/healthz").status == 200);
  board.application({});
  CHECK(get("/readyz").body == "ready\n");
  CHECK_THAT(get("/metrics").body, Catch::Contains("\npawl_application_up 1\n"));
}

TEST_CASE_METHOD(PageFixture, "a registered worker whose loop stopped turning is not healthy") {
  board.turned({});
  clock.time += 10s;
  CHECK(get("/healthz").status == 200);
  clock.time += 1s;
  CHECK(get("/healthz").status == 503);
  board.turned({});
  CHECK(get("/healthz").status == 200);
}

TEST_CASE_METHOD(PageFixture, "metrics have help, type and a value, and a line for each step") {
  RunnerStatus status;
  status.done = 7;
  status.done_with_note = 3;
  status.waiting = 2;
  status.open_circuits.push_back({"send-email", "down"});
  board.turned(status);
  const Page page = get("/metrics");
  CHECK(page.content_type == "text/plain; version=0.0.4; charset=utf-8");
  for (const char* line : {"# HELP pawl_runs_done_total Runs that ended done.\n# TYPE pawl_runs_done_total counter\n"
                           "pawl_runs_done_total 7\n",
                           "\npawl_runs_done_with_note_total 3\n", "\npawl_runs_waiting 2\n",
                           "\npawl_step_paused{step=\"resolve-recipients\"} 0\n",
                           "\npawl_step_paused{step=\"send-email\"} 1\n", "\npawl_registered 1\n"})
    CHECK_THAT(page.body, Catch::Contains(line));
}

TEST_CASE_METHOD(PageFixture, "counters go on rising after a lost lease, and what was in memory is gone") {
  RunnerStatus status;
  status.done = 7;
  status.moving = 3;
  board.turned(status);
  board.starting("");
  CHECK(board.read().runner.moving == 0);
  status.done = 1;
  board.turned(status);
  CHECK(board.read().runner.done == 8);
}

TEST_CASE_METHOD(PageFixture,
                 "what is measured goes on rising after a lost lease, and what was only true then is gone") {
  pawl::engine::Measures measures;
  measures.steps.push_back({.step = "send-email", .held = 4});
  measures.workflows.push_back({"notify", {.claimed = 5}});
  measures.misfits = 2;
  board.measured(measures, {});
  board.starting("the lease is lost");
  CHECK(board.read().measures.misfits == 0);
  CHECK(board.read().measures.steps[0].held == 0);
  CHECK(board.read().measures.workflows[0].runs.claimed == 5);
  board.measured(measures, {});
  CHECK(board.read().measures.misfits == 2);
  CHECK(board.read().measures.workflows[0].runs.claimed == 10);
}

TEST_CASE_METHOD(PageFixture, "an unknown path is not found and names those that exist") {
  CHECK(get("/").status == 404);
  CHECK_THAT(get("/admin").body, Catch::Contains("/healthz"));
}
