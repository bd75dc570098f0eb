// The contract suite: sections written once, run against every store.
#include "tests/storage/checkpoints/contract.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/checkpoints/samples.h"

namespace pawl::storage {

using engine::Checkpoint;
using engine::RunReopened;
using engine::RunStatus;
using engine::StepKey;

namespace {

void check_same(const engine::Event& actual, const engine::Event& expected) {
  CHECK(actual.position == expected.position);
  CHECK(actual.id == expected.id);
  CHECK(actual.type == expected.type);
  CHECK(actual.aggregate_type == expected.aggregate_type);
  CHECK(actual.aggregate_id == expected.aggregate_id);
  CHECK(actual.tenant == expected.tenant);
  CHECK(actual.payload == expected.payload);
  CHECK(actual.created_at == expected.created_at);
  CHECK(actual.deliveries == expected.deliveries);
  CHECK(actual.resumes == expected.resumes);
  CHECK(actual.traceparent == expected.traceparent);
  CHECK(actual.lineage->parent == expected.lineage->parent);
  CHECK(actual.lineage->from_step == expected.lineage->from_step);
  CHECK(actual.lineage->effects_of == expected.lineage->effects_of);
  CHECK(actual.lineage->stands_for == expected.lineage->stands_for);
}

void check_same(const engine::Failure& actual, const engine::Failure& expected) {
  CHECK(actual.step == expected.step);
  CHECK(actual.key == expected.key);
  CHECK(actual.klass == expected.klass);
  CHECK(actual.code == expected.code);
}

void check_failures(const MakeCheckpoints& make) {
  const auto store = make();
  auto refused = failed_step(1, kSendAnna, "550 5.1.1 no");
  refused.failure = engine::FailureClass::kPermanent;
  refused.failure_code = "5.1.1";
  auto end = ended(1, RunStatus::kFailed, "send (anna): 550 5.1.1 no");
  end.failure = {kSendAnna.step, kSendAnna.key, refused.failure, refused.failure_code};
  SECTION("a failed step keeps class and code, and its run says which step ended it") {
    commit(*store, {started(1), settled(1, kResolve), refused, end});
    const auto run = load(*store, 1);
    check_same(*run.failure, end.failure);
    const auto step = std::ranges::find(run.steps, kSendAnna, &engine::StepSettled::step);
    REQUIRE(step != run.steps.end());
    CHECK(step->failure == refused.failure);
    CHECK(step->failure_code == refused.failure_code);
  }
  SECTION("a group that is written twice says the same") {
    commit(*store, {started(1), refused, end});
    commit(*store, {started(1), refused, end});
    check_same(*load(*store, 1).failure, end.failure);
  }
}

void check_starting_and_settling(const MakeCheckpoints& make) {
  const auto store = make();
  SECTION("a new store has an id, no runs, and begins to count at 1") {
    const auto recovered = store->recover();
    CHECK_FALSE(recovered.store_id.empty());
    CHECK(recovered.next_run == 1);
    CHECK(recovered.unfinished.empty());
    CHECK(store->find(std::vector<std::string>{"nowhere"}).empty());
    CHECK(store->load(std::vector<engine::RunNumber>{1}).empty());
  }
  SECTION("a started run comes back with its whole event, by event and by number") {
    auto record = started(3);
    record.event.resumes = 2;
    record.event.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    record.event.lineage = engine::Lineage{event_id(2), "send", event_id(1), event_id(4)};
    commit(*store, {record});
    const auto found = store->find(std::vector<std::string>{"nowhere", event_id(3)});
    REQUIRE(found.size() == 1);
    CHECK(found[0].run == 3);
    CHECK(found[0].event.workflow == "test-workflow");
    CHECK(found[0].status == RunStatus::kRunning);
    CHECK(found[0].resumes == 2);
    check_same(found[0].event, record.event);
    check_same(load(*store, 3).event, record.event);
    CHECK(store->recover().next_run == 4);
  }
  SECTION("any number of runs are found by their events at once, and the store goes on after it") {
    for (engine::RunNumber run = 1; run <= 20; ++run) commit(*store, {started(run), settled(run, kResolve)});
    std::vector<std::string> ids{"nowhere"};
    std::vector<engine::RunNumber> numbers{99};
    for (engine::RunNumber run = 1; run <= 20; ++run) {
      ids.push_back(event_id(run));
      numbers.push_back(run);
      CHECK(store->find(ids).size() == static_cast<std::size_t>(run));
      CHECK(store->load(numbers).size() == static_cast<std::size_t>(run));
    }
    CHECK(store->find(ids).at(19).steps.size() == 1);
    CHECK_NOTHROW(commit(*store, {started(21)}));
  }
  SECTION("a settled step comes back as it was written, and a second result does not replace it") {
    auto step = settled(1, kSendAnna, R"({"ok":true})");
    step.attempt = 4;
    commit(*store, {started(1), step});
    commit(*store, {settled(1, kSendAnna, "\"another\"")});
    const auto run = load(*store, 1);
    REQUIRE(run.steps.size() == 1);
    CHECK(run.steps[0].run == 1);
    CHECK(run.steps[0].step == kSendAnna);
    CHECK(run.steps[0].attempt == 4);
    CHECK_FALSE(run.steps[0].failed);
    CHECK(run.steps[0].result == R"({"ok":true})");
    CHECK(run.steps[0].started_at == at(100));
    CHECK(run.steps[0].settled_at == at(200));
  }
  SECTION("steps of one name are told apart by key, and runs by number") {
    commit(*store, {started(1), started(2), settled(1, kSendAnna), settled(1, kSendBert), settled(2, kSendAnna)});
    CHECK(load(*store, 1).steps.size() == 2);
    CHECK(load(*store, 2).steps.size() == 1);
  }
}

void check_giving_way(const MakeCheckpoints& make) {
  const auto store = make();
  SECTION("which worker on a copy it gave way to is kept, until that is over") {
    CHECK(store->recover().lost_to == 0);
    store->give_way(7);
    CHECK(store->recover().lost_to == 7);
    commit(*store, {started(1)});
    CHECK(store->recover().lost_to == 7);
    store->give_way(0);
    CHECK(store->recover().lost_to == 0);
  }
}

void check_retrying_and_parking(const MakeCheckpoints& make) {
  const auto store = make();
  commit(*store, {started(1)});
  SECTION("the latest failed attempt of an unsettled step is its pending retry") {
    commit(*store, {attempt(1, kSendAnna, 1, "first"), attempt(1, kSendBert, 1, "other")});
    commit(*store, {attempt(1, kSendAnna, 2, "second", 1)});
    auto run = load(*store, 1);
    REQUIRE(run.retries.size() == 2);
    std::sort(run.retries.begin(), run.retries.end(), [](auto& a, auto& b) { return a.step < b.step; });
    CHECK(run.retries[0].step == kSendAnna);
    CHECK(run.retries[0].attempts == 2);
    CHECK(run.retries[0].uncharged == 1);
    CHECK(run.retries[0].error == "second");
    CHECK(run.retries[0].first_started_at == at(100));
    CHECK(run.retries[0].failed_at == at(2100));
    CHECK(run.retries[0].retry_at == at(2600));
  }
  SECTION("a step that settles is not pending any more, whether it succeeds or fails") {
    commit(*store, {attempt(1, kSendAnna, 1, "first"), attempt(1, kSendBert, 1, "first")});
    commit(*store, {settled(1, kSendAnna), failed_step(1, kSendBert, "for good")});
    CHECK(load(*store, 1).retries.empty());
  }
  SECTION("a parked run is recovered as waiting with its time and reason") {
    commit(*store, {attempt(1, kSendAnna, 1, "busy"), engine::RunParked{1, at(5000), "send: busy"}});
    const auto unfinished = store->recover().unfinished;
    REQUIRE(unfinished.size() == 1);
    CHECK(unfinished[0].run == 1);
    CHECK(unfinished[0].run_id == event_id(1));
    CHECK(unfinished[0].workflow == "test-workflow");
    CHECK(unfinished[0].waiting);
    CHECK(unfinished[0].wake_at == at(5000));
    CHECK(unfinished[0].position == 10);
    CHECK(load(*store, 1).status == RunStatus::kWaiting);
    CHECK(load(*store, 1).reason == "send: busy");
  }
  SECTION("a parked run moves again when a step settles, an attempt fails or its event is delivered again") {
    const auto record = GENERATE(0, 1, 2);
    commit(*store, {engine::RunParked{1, at(5000), "waits"}});
    if (record == 0) commit(*store, {settled(1, kResolve)});
    if (record == 1) commit(*store, {attempt(1, kResolve, 1, "busy")});
    if (record == 2) commit(*store, {engine::RunRedelivered{1, 99, 3}});
    const auto run = load(*store, 1);
    CHECK(run.status == RunStatus::kRunning);
    CHECK(run.reason.empty());
    CHECK_FALSE(store->recover().unfinished.at(0).waiting);
    if (record == 2) CHECK(run.event.position == 99);
    if (record == 2) CHECK(run.event.deliveries == 3);
  }
  SECTION("a run may be parked, moved and parked again within one group") {
    commit(*store,
           {engine::RunParked{1, at(5000), "waits"}, settled(1, kResolve), engine::RunParked{1, at(9000), "again"}});
    CHECK(load(*store, 1).reason == "again");
    commit(*store, {settled(1, kSendAnna), engine::RunParked{1, at(9500), "more"}, settled(1, kSendBert)});
    CHECK(load(*store, 1).status == RunStatus::kRunning);
  }
}

void check_ending_and_reopening(const MakeCheckpoints& make) {
  const auto store = make();
  commit(*store, {started(1), settled(1, kResolve), attempt(1, kSendAnna, 1, "busy"),
                  failed_step(1, kSendAnna, "refused"), attempt(1, kSendBert, 1, "slow")});
  SECTION("an ended run keeps its status and reason and is not unfinished") {
    const auto status = GENERATE(RunStatus::kDone, RunStatus::kFailed, RunStatus::kCancelled, RunStatus::kSuperseded);
    commit(*store, {cancelled(1, "ops"), ended(1, status, "because")});
    CHECK(load(*store, 1).status == status);
    CHECK(load(*store, 1).reason == "because");
    CHECK(store->recover().unfinished.empty());
  }
  SECTION("the first end counts, and nothing that comes late sets the run moving") {
    commit(*store, {ended(1, RunStatus::kSuperseded, "first")});
    commit(*store, {ended(1, RunStatus::kDone, "late"), engine::RunParked{1, at(1), "late"}, settled(1, kSendBert)});
    CHECK(load(*store, 1).status == RunStatus::kSuperseded);
    CHECK(load(*store, 1).reason == "first");
  }
  SECTION("a reopened run forgets its failed steps and its retries, and keeps the steps that succeeded") {
    commit(*store, {ended(1, RunStatus::kFailed, "refused")});
    commit(*store, {RunReopened{.run = 1, .resumes = 1, .position = 77, .at = at(9)}});
    const auto run = load(*store, 1);
    CHECK(run.status == RunStatus::kRunning);
    CHECK(run.reason.empty());
    CHECK(run.resumes == 1);
    CHECK(run.event.resumes == 1);
    CHECK(run.event.position == 77);
    REQUIRE(run.steps.size() == 1);
    CHECK(run.steps[0].step == kResolve);
    CHECK(run.retries.empty());
    CHECK(store->recover().unfinished.size() == 1);
  }
  SECTION("a reopened run keeps the failures that its end named as caught, until a later end names others") {
    engine::RunEnded end = ended(1, RunStatus::kFailed, "refused");
    end.resumable = engine::Resumable::kHere;
    end.caught = {kSendAnna};
    commit(*store, {failed_step(1, kSendBert, "refused"), end});
    CHECK(load(*store, 1).resumable == engine::Resumable::kHere);
    for (const auto& step : load(*store, 1).steps) CHECK(step.caught == (step.step == kSendAnna));
    commit(*store, {RunReopened{.run = 1, .resumes = 1, .position = 77}});
    REQUIRE(load(*store, 1).steps.size() == 2);
    CHECK(load(*store, 1).steps[1].step == kSendAnna);
    commit(*store, {ended(1, RunStatus::kFailed, "refused"), RunReopened{.run = 1, .resumes = 2, .position = 78}});
    CHECK(load(*store, 1).resumable == engine::Resumable::kAnywhere);
    CHECK(load(*store, 1).steps.size() == 1);
  }
  SECTION("attempts of a reopened run count anew") {
    commit(*store, {ended(1, RunStatus::kFailed, "refused"), RunReopened{.run = 1, .resumes = 1, .position = 77}});
    commit(*store, {attempt(1, kSendAnna, 1, "again")});
    const auto run = load(*store, 1);
    REQUIRE(run.retries.size() == 1);
    CHECK(run.retries[0].attempts == 1);
    CHECK(run.retries[0].error == "again");
  }
  SECTION("a redelivery moves a superseded run again, and never one that is done or failed") {
    const auto status = GENERATE(RunStatus::kDone, RunStatus::kFailed, RunStatus::kCancelled, RunStatus::kSuperseded);
    commit(*store, {cancelled(1, "ops"), ended(1, status, "because"), engine::RunRedelivered{1, 99, 2}});
    CHECK(load(*store, 1).status == (status == RunStatus::kSuperseded ? RunStatus::kRunning : status));
    CHECK(load(*store, 1).event.position == 99);
  }
}

void check_cancelling(const MakeCheckpoints& make) {
  const auto store = make();
  commit(*store, {started(1)});
  SECTION("a cancellation comes back as it was asked for, the first of two, and a resume takes it back") {
    CHECK_FALSE(load(*store, 1).cancelled);
    commit(*store, {cancelled(1, "ops", "sold twice"), cancelled(1, "others"), cancelled(1, "ops", "sold twice")});
    REQUIRE(load(*store, 1).cancelled);
    CHECK(load(*store, 1).cancelled->by == "ops");
    CHECK(load(*store, 1).cancelled->note == "sold twice");
    CHECK(load(*store, 1).status == RunStatus::kRunning);
    commit(*store, {engine::RunParked{1, at(5), "waits"}, engine::RunRedelivered{1, 99, 2}});
    CHECK(load(*store, 1).cancelled);
    commit(*store, {ended(1, RunStatus::kFailed, "refused"), RunReopened{.run = 1, .resumes = 1, .position = 77}});
    CHECK_FALSE(load(*store, 1).cancelled);
    CHECK_THROWS_AS(commit(*store, {cancelled(9, "ops")}), engine::Error);
  }
}

void check_groups(const MakeCheckpoints& make) {
  const auto store = make();
  SECTION("a group written twice, as after an unknown outcome, leaves what one leaves") {
    const std::vector<Checkpoint> group{started(1),
                                        settled(1, kResolve),
                                        attempt(1, kSendAnna, 1, "busy"),
                                        attempt(1, kSendAnna, 2, "busy still"),
                                        started(2),
                                        ended(2, RunStatus::kDone),
                                        engine::RunParked{1, at(5000), "send: busy"}};
    store->commit(group);
    store->commit(group);
    const auto run = load(*store, 1);
    CHECK(run.status == RunStatus::kWaiting);
    CHECK(run.steps.size() == 1);
    REQUIRE(run.retries.size() == 1);
    CHECK(run.retries[0].attempts == 2);
    CHECK(load(*store, 2).status == RunStatus::kDone);
  }
  SECTION("a reopening written twice leaves what one leaves") {
    commit(*store, {started(1), failed_step(1, kSendAnna, "refused"), ended(1, RunStatus::kFailed)});
    const std::vector<Checkpoint> group{RunReopened{.run = 1, .resumes = 1, .position = 5}, settled(1, kSendAnna)};
    store->commit(group);
    store->commit(group);
    CHECK(load(*store, 1).steps.size() == 1);
    CHECK(load(*store, 1).resumes == 1);
  }
  SECTION("a group with a record that cannot be kept leaves nothing of itself") {
    commit(*store, {started(1)});
    CHECK_THROWS_AS(commit(*store, {started(2), settled(1, kResolve), settled(9, kResolve)}), engine::Error);
    auto other_event = started(1);
    other_event.event.id = "another";
    CHECK_THROWS_AS(commit(*store, {settled(1, kResolve), other_event}), engine::Error);
    auto other_number = started(8);
    other_number.event.id = event_id(1);
    CHECK_THROWS_AS(commit(*store, {engine::RunParked{1, at(1), "x"}, other_number}), engine::Error);
    CHECK(load(*store, 1).steps.empty());
    CHECK(load(*store, 1).status == RunStatus::kRunning);
    CHECK(store->load(std::vector<engine::RunNumber>{2, 8, 9}).empty());
    commit(*store, {started(2)});
  }
  SECTION("every record of a run that was never started is refused") {
    const std::vector<Checkpoint> orphans{settled(9, kResolve),         attempt(9, kResolve, 1, "x"),
                                          engine::RunParked{9, {}, {}}, ended(9, RunStatus::kDone),
                                          RunReopened{.run = 9},        engine::RunRedelivered{.run = 9}};
    for (const Checkpoint& orphan : orphans) CHECK_THROWS_AS(commit(*store, {orphan}), engine::Error);
  }
  SECTION("an empty group is nothing") { CHECK_NOTHROW(commit(*store, {})); }
}

}  // namespace

// In sections, so that a part makes its store only when it is its turn.
void check_contract(const MakeCheckpoints& make) {
  SECTION("starting and settling") { check_starting_and_settling(make); }
  SECTION("giving way") { check_giving_way(make); }
  SECTION("failures") { check_failures(make); }
  SECTION("retrying and parking") { check_retrying_and_parking(make); }
  SECTION("ending and reopening") { check_ending_and_reopening(make); }
  SECTION("cancelling") { check_cancelling(make); }
  SECTION("groups") { check_groups(make); }
  SECTION("pruning") { check_pruning(make); }
}

}  // namespace pawl::storage
