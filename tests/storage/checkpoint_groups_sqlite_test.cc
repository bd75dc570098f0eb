// Groups of checkpoints in SQLite, whose rows are written many at a time: what is left is what one by one leaves.
#include <catch2/catch.hpp>
#include <random>

#include "engine/errors.h"
#include "engine/memory_checkpoints.h"
#include "storage/sqlite_checkpoints.h"
#include "tests/bin/temporary_directory.h"
#include "tests/storage/checkpoint_samples.h"

using namespace pawl;
using namespace pawl::storage;
using engine::Checkpoint;
using engine::RunNumber;
using engine::RunStatus;

namespace {

constexpr RunNumber kRuns = 70;

std::string text_of(engine::StoredRun run) {
  std::sort(run.steps.begin(), run.steps.end(), [](auto& a, auto& b) { return a.step < b.step; });
  std::sort(run.retries.begin(), run.retries.end(), [](auto& a, auto& b) { return a.step < b.step; });
  std::string text = run.event.id + " " + engine::to_string(run.status) + " " + run.reason + " " +
                     std::to_string(run.event.position) + " " + std::to_string(run.event.deliveries);
  for (const auto& step : run.steps)
    text += "\n" + step.step.step + "/" + step.step.key + (step.failed ? " failed " : " ") + step.result;
  for (const auto& retry : run.retries)
    text += "\n" + retry.step.step + "/" + retry.step.key + " " + std::to_string(retry.attempts) + " " + retry.error;
  return text;
}

std::vector<std::string> texts_of(engine::Checkpoints& store) {
  std::vector<std::string> texts;
  for (RunNumber run = 1; run <= kRuns; ++run)
    for (engine::StoredRun& found : store.load(std::vector{run})) texts.push_back(text_of(std::move(found)));
  for (const engine::UnfinishedRun& run : store.recover().unfinished)
    texts.push_back(run.event_id + (run.waiting ? " waits until " : " moves ") +
                    (run.waiting ? std::to_string(run.wake_at.time_since_epoch().count()) : ""));
  return texts;
}

// The same group for the store in SQLite and for the one in memory, which writes one record at a time.
struct Both {
  bin::TemporaryDirectory folder;
  SqliteCheckpoints sqlite{std::string(folder.path()) + "/checkpoints.db"};
  engine::MemoryCheckpoints memory;

  void commit(const std::vector<Checkpoint>& group) {
    CHECK(refusal(sqlite, group) == refusal(memory, group));
    CHECK(texts_of(sqlite) == texts_of(memory));
  }

 private:
  static std::string refusal(engine::Checkpoints& store, const std::vector<Checkpoint>& group) try {
    store.commit(group);
    return "none";
  } catch (const engine::Error& error) {
    return error.what();
  }
};

std::vector<Checkpoint> starts(RunNumber first, RunNumber last) {
  std::vector<Checkpoint> group;
  for (RunNumber run = first; run <= last; ++run) group.push_back(started(run));
  return group;
}

}  // namespace

TEST_CASE_METHOD(Both, "any number of steps in a group are all stored, and one that is there keeps its result") {
  const int count = GENERATE(range(0, 70));
  commit({started(1), settled(1, {"send", "3"}, "\"earlier\"")});
  std::vector<Checkpoint> group;
  for (int i = 0; i < count; ++i) group.push_back(settled(1, {"send", std::to_string(i)}, std::to_string(i)));
  commit(group);
  CHECK(load(sqlite, 1).steps.size() == static_cast<std::size_t>(count > 3 ? count : count + 1));
}

TEST_CASE_METHOD(Both, "of two results of one step in a group the first is kept") {
  std::vector<Checkpoint> group = starts(1, 1);
  for (int i = 0; i < 40; ++i) group.push_back(settled(1, {"send", std::to_string(i % 7)}, std::to_string(i)));
  commit(group);
  CHECK(load(sqlite, 1).steps.size() == 7);
}

TEST_CASE_METHOD(Both, "a reopening in the middle of a group forgets the failed steps before it and none after it") {
  commit({started(1), settled(1, {"find", ""}), ended(1, RunStatus::kFailed, "refused")});
  commit({failed_step(1, {"send", "a"}, "refused"), engine::RunReopened{.run = 1, .resumes = 1, .position = 9},
          failed_step(1, {"send", "b"}, "refused again"), settled(1, {"send", "a"}, "\"sent\"")});
  CHECK(load(sqlite, 1).steps.size() == 3);
}

TEST_CASE_METHOD(Both, "a group that failed leaves nothing behind for the next one") {
  commit(starts(1, 2));
  commit({settled(1, {"find", ""}), settled(9, {"find", ""})});
  commit({settled(2, {"find", ""})});
  CHECK(load(sqlite, 1).steps.empty());
}
