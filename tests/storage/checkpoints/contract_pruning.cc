// The part of the contract suite about what leaves a store, and what stays.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/checkpoints/contract.h"
#include "tests/storage/checkpoints/samples.h"

namespace pawl::storage {

using engine::RunReopened;
using engine::RunStatus;

void check_pruning(const MakeCheckpoints& make) {
  const auto store = make();
  commit(*store, {started(1), settled(1, kResolve), attempt(1, kSendAnna, 1, "busy"), ended(1, RunStatus::kDone),
                  started(2), started(3), ended(3, RunStatus::kFailed), started(4),
                  engine::RunParked{4, at(1), "waits"}, started(5), ended(5, RunStatus::kDone)});
  SECTION("pruning deletes ended runs older than the limit, and no unfinished one") {
    CHECK(store->prune(at(1'000'000 + 5), 100) == 1);
    CHECK(store->load(std::vector<engine::RunNumber>{1, 2, 3, 4, 5}).size() == 4);
    CHECK(store->find(std::vector<std::string>{event_id(1)}).empty());
    CHECK(store->recover().unfinished.size() == 2);
  }
  SECTION("F11: a run that ended under a clock far behind is kept as long as its event is young") {
    CHECK(store->prune(at(0), 100) == 0);
    auto young = started(6);
    young.event.created_at = at(5'000'000);
    commit(*store, {young, ended(6, RunStatus::kDone)});
    CHECK(store->prune(at(4'000'000), 100) == 2);
    CHECK(store->load(std::vector<engine::RunNumber>{6}).size() == 1);
  }
  SECTION("P3: a failed run stays with its steps, however old it is") {
    commit(*store, {started(6), settled(6, kResolve), failed_step(6, kSendAnna, "no"), ended(6, RunStatus::kFailed)});
    CHECK(store->prune(at(9'000'000), 100) == 2);
    CHECK(load(*store, 6).steps.size() == 2);
    commit(*store, {RunReopened{6, 1, 60, at(2)}, ended(6, RunStatus::kDone)});
    CHECK(store->prune(at(9'000'000), 100) == 1);
  }
  SECTION("failed runs that are as old are named by number, and forgotten one by one, unless they go on") {
    commit(*store, {started(6), ended(6, RunStatus::kFailed), started(7), ended(7, RunStatus::kFailed)});
    const auto numbers = [&](engine::Timestamp before, engine::RunNumber above, std::size_t limit) {
      std::vector<engine::RunNumber> found;
      for (const engine::FailedRun& run : store->failed(before, above, limit)) {
        CHECK(run.id == event_id(run.run));
        found.push_back(run.run);
      }
      return found;
    };
    CHECK(numbers(at(9'000'000), 0, 2) == std::vector<engine::RunNumber>{3, 6});
    CHECK(numbers(at(9'000'000), 6, 2) == std::vector<engine::RunNumber>{7});
    CHECK(numbers(at(0), 0, 2).empty());
    commit(*store, {RunReopened{6, 1, 60, at(2)}});
    CHECK(store->forget(std::vector<engine::RunNumber>{1, 3, 6, 99}) == 1);
    CHECK(store->load(std::vector<engine::RunNumber>{1, 3, 6, 7}).size() == 3);
    CHECK_THROWS_AS(commit(*store, {settled(3, kResolve)}), engine::Error);
  }
  SECTION("pruning deletes no more than it was asked to") {
    CHECK(store->prune(at(9'000'000), 1) == 1);
    CHECK(store->prune(at(9'000'000), 100) == 1);
    CHECK(store->prune(at(9'000'000), 100) == 0);
  }
  SECTION("a record of a pruned run is refused, even where one came between its end and its pruning") {
    commit(*store, {settled(1, kSendBert)});
    CHECK(store->prune(at(9'000'000), 100) == 2);
    for (const engine::RunNumber run : {1, 5})
      CHECK_THROWS_WITH(commit(*store, {settled(run, kResolve)}), Catch::Contains("run " + std::to_string(run) + " "));
    CHECK_THROWS_AS(commit(*store, {attempt(1, kResolve, 1, "late")}), engine::Error);
  }
  SECTION("a pruned run's number is never used again, its event may be") {
    CHECK(store->prune(at(9'000'000), 100) == 2);
    CHECK(store->recover().next_run == 6);
    auto again = started(6);
    again.event.id = event_id(1);
    commit(*store, {again});
    CHECK(load(*store, 6).steps.empty());
    CHECK(load(*store, 6).retries.empty());
  }
}

}  // namespace pawl::storage
