// Runs are found, counted and looked at again for as long as they are in the table.
#include "engine/runs/run_table.h"

#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

const Timestamp kStart{};

struct Table {
  RunState& add(RunNumber number, bool woken = false, const std::string& payload = "{}") {
    StoredRun stored;
    stored.run = number;
    stored.event.id = "event-" + std::to_string(number);
    stored.event.payload = payload;
    auto run = std::make_unique<RunState>(workflow, std::move(stored));
    run->woken = woken;
    return runs.add(std::move(run));
  }
  TestWorkflow steps;
  WorkflowDefinition workflow = steps.definition();
  RunTable runs;
};

Event event(const std::string& id) {
  Event named;
  named.id = id;
  return named;
}

}  // namespace

TEST_CASE_METHOD(Table, "a run is found by its number and by its event until it is erased") {
  RunState& run = add(1);
  CHECK(runs.find(1) == &run);
  CHECK(runs.find(event("event-1")) == &run);
  CHECK(runs.find(2) == nullptr);
  CHECK(runs.find(event("event-2")) == nullptr);
  runs.erase(run);
  CHECK(runs.empty());
  CHECK(runs.find(event("event-1")) == nullptr);
}

TEST_CASE_METHOD(Table, "runs count what they take, and nothing once they are gone") {
  RunState& small = add(1);
  RunState& woken = add(2, true, "{\"a\": 1}");
  for (int item = 0; item < 40; ++item)
    small.executions.try_emplace({"send-words", std::to_string(item)}, std::make_unique<TypedExecution<int, int>>(
                                                                           small, steps.send, std::to_string(item), 0));
  *small.weight += small.executions.size() / kItemsOfWeight;
  CHECK(runs.size() == 2);
  CHECK(runs.payloads() == 10);
  CHECK(runs.woken() == 1);
  CHECK(runs.weight() == 2);
  runs.erase(small);
  CHECK(runs.weight() == 0);
  runs.erase(woken);
  CHECK(runs.payloads() == 0);
  CHECK(runs.woken() == 0);
}

TEST_CASE_METHOD(Table, "a run is looked at once, at the earliest time that was said") {
  RunState& run = add(1);
  RunState& other = add(2);
  runs.look_again(run, kStart + 3s);
  runs.look_again(run, kStart + 2s);
  runs.look_again(run, kStart + 9s);
  runs.look_again(other, kStart + 5s);
  CHECK(runs.look_at() == kStart + 2s);
  CHECK(runs.take_due(kStart + 1s) == nullptr);
  CHECK(runs.take_due(kStart + 2s) == &run);
  CHECK(runs.take_due(kStart + 2s) == nullptr);
  runs.erase(other);
  CHECK_FALSE(runs.look_at());
}

TEST_CASE_METHOD(Table, "of the events of a call ten are named and the others counted") {
  for (RunNumber number = 10; number < 22; ++number) {
    RunState& run = add(number);
    auto execution = std::make_unique<TypedExecution<int, int>>(run, steps.find, "", 0);
    execution->started_at = number == 21 ? kStart + 2s : kStart + 1s;
    execution->enter(Execution::Phase::kInFlight);
    run.executions.try_emplace({"find-words", ""}, std::move(execution));
  }
  const std::string names = runs.events_of_call(steps.find, kStart + 1s);
  CHECK(names.starts_with("event-10, event-11, "));
  CHECK(names.ends_with("event-19 and 1 more"));
  CHECK(runs.events_of_call(steps.find, kStart + 2s) == "event-21");
  CHECK(runs.events_of_call(steps.send, kStart + 1s).empty());
}
