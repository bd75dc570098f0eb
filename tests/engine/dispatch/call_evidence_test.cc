// What calls that come back say about a step, as a catalogue.
#include "engine/dispatch/call_evidence.h"

#include <catch2/catch.hpp>

#include "engine/runs/run_state.h"
#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

using Kind = CircuitChange::Kind;

struct Calls {
  Calls() {
    for (RunNumber number = 1; number <= 6; ++number) {
      StoredRun stored;
      stored.run = number;
      stored.event.tenant = "tenant " + std::to_string(number);
      runs.push_back(std::make_unique<RunState>(workflow, std::move(stored)));
      executions.push_back(std::make_unique<TypedExecution<std::string, std::string>>(*runs.back(), step, "", ""));
    }
  }
  /// A call of the executions from here on, one for each outcome, as it comes back.
  CircuitChange back(std::size_t from, const std::vector<Outcome>& outcomes, bool probe = false) {
    StepCall call{{}, now, probe, queue.refusals().call_begins()};
    for (const Outcome& outcome : outcomes) {
      call.executions.push_back(executions.at(from++).get());
      call.executions.back()->outcome = outcome;
    }
    return weigh(queue, call, false, now, jitter);
  }
  static Refused refused(const std::string& subject) { return {"550 5.7.1 no", subject}; }

  ScriptedStep step{"send-words", {}};
  WorkflowDefinition workflow = only(step);
  std::vector<std::unique_ptr<RunState>> runs;
  std::vector<std::unique_ptr<Execution>> executions;
  StepQueue queue{step, 0, 100};
  Jitter jitter{1};
  const Timestamp now{};
};

}  // namespace

TEST_CASE_METHOD(Calls, "a service that is down pauses its step, and is told once, over what found out") {
  const CircuitChange change = back(0, {Succeeded{"1"}, ServiceDown{"connection refused"}});
  CHECK(change.kind == Kind::kOpened);
  CHECK(change.execution == executions[1].get());
  CHECK(change.reason == "connection refused");
  CHECK_FALSE(queue.circuit().closed());
  CHECK(back(2, {ServiceDown{"connection refused"}}).kind == Kind::kNone);  // it was out before
  CHECK(back(3, {ServiceDown{"still"}}, true).reason == "still");
}

TEST_CASE_METHOD(Calls, "a probe that is taken closes the circuit, and one that asked nobody says nothing") {
  back(0, {ServiceDown{"connection refused"}});
  CHECK(back(1, {Succeeded{"1", false}}, true).kind == Kind::kNone);
  CHECK_FALSE(queue.circuit().closed());
  const CircuitChange change = back(1, {Succeeded{"1"}}, true);
  CHECK(change.kind == Kind::kClosed);
  CHECK(change.reason == "connection refused");
  CHECK(queue.circuit().closed());
  CHECK_FALSE(queue.ramp().over(now));
}

TEST_CASE_METHOD(Calls, "refusals of three subjects are the service's, told when they begin and not by each probe") {
  CHECK(back(0, {refused("a"), refused("b")}).kind == Kind::kNone);
  const CircuitChange change = back(2, {refused("c")});
  CHECK(change.kind == Kind::kOpened);
  CHECK(change.reason == "the last 3 of different subjects were all refused: 550 5.7.1 no");
  CHECK(queue.circuit().refused());
  CHECK(back(3, {refused("d")}, true).kind == Kind::kNone);
  CHECK(queue.circuit().refused());
  CHECK(back(4, {Succeeded{"1"}}, true).kind == Kind::kClosed);
  CHECK(queue.refusals().subjects() == 0);
}

TEST_CASE_METHOD(Calls, "an item refused again though others were accepted in between has failed for good") {
  back(0, {refused("a")});
  back(1, {Succeeded{"1"}});
  back(0, {refused("a")});
  const auto* failed = std::get_if<FailedForGood>(&executions[0]->outcome);
  REQUIRE(failed != nullptr);
  CHECK(failed->reason == "550 5.7.1 no (again, though others were accepted in between)");
}

TEST_CASE_METHOD(Calls, "the tenants of a call that failed get calls of their own") {
  runs[1]->stored.event.tenant = runs[2]->stored.event.tenant = "large";
  back(0, {CallRefused{"timeout", 3}, CallRefused{"timeout", 3}, CallRefused{"timeout", 3}});
  CHECK(queue.isolation().holds("tenant 1"));
  CHECK(queue.isolation().holds("large"));
  CHECK_FALSE(queue.isolation().holds("tenant 4"));
}

TEST_CASE_METHOD(Calls, "tenants that are refused one by one, with nobody accepted since, are the service's refusal") {
  CHECK(back(0, {CallRefused{"denied", 1, true}}).kind == Kind::kNone);
  back(1, {CallRefused{"denied", 1, true}});
  back(2, {CallRefused{"denied", 1, true}});
  CHECK(queue.refusals().of_service());
  CHECK(queue.circuit().refused());
}
