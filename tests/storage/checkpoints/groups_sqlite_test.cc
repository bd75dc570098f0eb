// Groups of checkpoints in SQLite, whose rows are written many at a time: what is left is what one by one leaves.
#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <random>

#include "engine/authoring/errors.h"
#include "engine/testing/memory_checkpoints.h"
#include "storage/checkpoints/reader.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/storage/checkpoints/samples.h"
#include "tests/temporary_directory.h"

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
    texts.push_back(run.run_id + (run.waiting ? " waits until " : " moves ") +
                    (run.waiting ? std::to_string(run.wake_at.time_since_epoch().count()) : ""));
  return texts;
}

// The same group for the store in SQLite and for the one in memory, which writes one record at a time.
struct Both {
  tests::TemporaryDirectory folder;
  std::string path = std::string(folder.path()) + "/checkpoints.db";
  SqliteCheckpoints sqlite{path};
  testing::MemoryCheckpoints memory;

  void commit(const std::vector<Checkpoint>& group) {
    CHECK(refusal(sqlite, group) == refusal(memory, group));
    CHECK(texts_of(sqlite) == texts_of(memory));
  }

  engine::Timestamp ended_at(RunNumber run) const {
    const auto found = CheckpointReader(path).query("select ended_at from runs where run = " + std::to_string(run));
    return engine::Timestamp(engine::Duration(std::stoll(found.rows.at(0).at(0).value())));
  }

 private:
  static std::string refusal(engine::Checkpoints& store, const std::vector<Checkpoint>& group) try {
    store.commit(group);
    return "none";
  } catch (const engine::Error& error) {
    return error.what();
  }
};

// Writing beyond it fails, in any file of this process.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, signal_);
  }

 private:
  rlimit before_{};
  sighandler_t signal_ = std::signal(SIGXFSZ, SIG_IGN);
};

std::vector<Checkpoint> starts(RunNumber first, RunNumber last) {
  std::vector<Checkpoint> group;
  for (RunNumber run = first; run <= last; ++run) group.push_back(started(run));
  return group;
}

// Mostly of runs that were started; a reopening counts on, as an operator's does.
class RandomRecords {
 public:
  explicit RandomRecords(unsigned seed) : random_(seed) {}

  std::vector<Checkpoint> group() {
    std::vector<Checkpoint> group;
    if (below(3) == 0) group = starts(1 + below(kRuns), kRuns);
    const int kinds = 1 + below(7);
    for (int left = below(80); left > 0; --left) group.push_back(record(below(kinds)));
    return group;
  }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  Checkpoint record(int kind) {
    const RunNumber run = kRuns - below(below(50) == 0 ? kRuns : 12);
    const engine::StepKey step{"send", std::to_string(below(5))};
    const std::string word = std::to_string(++words_);
    if (kind == 1) return ended(run, below(3) == 0 ? RunStatus::kSuperseded : RunStatus::kDone, below(3) ? "" : word);
    if (kind == 2) return started(run);
    if (kind == 3) return failed_step(run, step, word);
    if (kind == 4) return engine::RunParked{run, at(words_), word};
    if (kind == 5) return attempt(run, step, 1 + below(3), word);
    if (kind == 6 && below(2) == 0) return engine::RunRedelivered{run, words_, below(9)};
    if (kind == 6) return engine::RunReopened{.run = run, .resumes = words_, .position = words_};
    return settled(run, step, word);
  }

  std::mt19937 random_;
  int words_ = 0;
};

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

TEST_CASE_METHOD(Both, "a group that the disk refuses halfway leaves nothing, and is stored when it is written again") {
  commit(starts(1, 2));
  std::vector<Checkpoint> group = starts(3, kRuns);
  const std::string large(1 << 18, 'x');
  for (RunNumber run = 3; run <= kRuns; ++run) group.push_back(settled(run, {"find", ""}, large));
  for (RunNumber run = 3; run <= kRuns; ++run) group.push_back(ended(run, RunStatus::kDone));
  {
    const FileSizeLimit limit(10 << 20);
    CHECK_THROWS_AS(sqlite.commit(group), engine::UnavailableError);
    CHECK(texts_of(sqlite) == texts_of(memory));
  }
  commit(group);
}

TEST_CASE_METHOD(Both, "any number of runs start in a group, and those that are there stay as they are") {
  const RunNumber count = GENERATE(range<RunNumber>(0, kRuns));
  commit({started(3), started(4), engine::RunParked{4, at(5000), "waits"}, ended(3, RunStatus::kDone)});
  std::vector<Checkpoint> group = starts(1, count);
  commit(group);
  for (RunNumber run = 1; run <= count; ++run) group.push_back(settled(run, {"find", ""}));
  commit(group);
  commit(group);
}

TEST_CASE_METHOD(Both, "a run that clashes is named wherever it is in a group, and none of the group is stored") {
  commit(starts(69, 70));
  const std::size_t place = GENERATE(range<std::size_t>(0, 41));
  const bool same_number = GENERATE(true, false);
  std::vector<Checkpoint> group = starts(1, 40);
  auto clashing = started(same_number ? 69 : 68);
  clashing.event.id = same_number ? "another" : event_id(70);
  group.insert(group.begin() + static_cast<std::ptrdiff_t>(place), clashing);
  CHECK_THROWS_WITH(sqlite.commit(group), Catch::Contains("run " + std::to_string(clashing.run) + " of event " +
                                                          clashing.event.id + " clashes"));
  CHECK(texts_of(sqlite) == texts_of(memory));
}

TEST_CASE_METHOD(Both, "two runs of one event in a group clash") {
  auto second = started(3);
  second.event.id = event_id(1);
  commit({started(1), started(2), started(1), second});
  CHECK_THROWS_WITH(sqlite.commit(std::vector<Checkpoint>{started(1), second}),
                    Catch::Contains("run 3 of event event-1"));
}

TEST_CASE_METHOD(Both, "a waiting run moves when a step of it settles in a group that starts it once more") {
  commit({started(1), engine::RunParked{1, at(5000), "waits"}});
  commit({started(1), started(2), settled(1, {"find", ""}), settled(2, {"find", ""})});
  CHECK(load(sqlite, 1).status == RunStatus::kRunning);
}

TEST_CASE_METHOD(Both,
                 "any number of runs end in a group, each at its time, and one that ended before stays as it is") {
  const RunNumber count = GENERATE(range<RunNumber>(2, kRuns));
  commit(starts(1, kRuns));
  commit({engine::RunParked{1, at(5000), "waits"}, engine::RunEnded{2, RunStatus::kDone, "", at(7)}});
  std::vector<Checkpoint> group;
  for (RunNumber run = 1; run <= count; ++run) {
    if (run > 1) group.push_back(settled(run, {"send", ""}));
    group.push_back(ended(run, RunStatus::kDone));
  }
  commit(group);
  CHECK(ended_at(2) == at(7));
  for (RunNumber run = 3; run <= count; ++run) CHECK(ended_at(run) == ended(run, RunStatus::kDone).at);
}

TEST_CASE_METHOD(Both, "of two ends of one run in a group the first counts") {
  commit(starts(1, 10));
  std::vector<Checkpoint> group{ended(1, RunStatus::kDone), ended(1, RunStatus::kFailed, "late")};
  for (int i = 0; i < 40; ++i) group.push_back(engine::RunEnded{1 + i % 10, RunStatus::kDone, "", at(i)});
  commit(group);
  CHECK(ended_at(1) == ended(1, RunStatus::kDone).at);
  CHECK(ended_at(2) == at(1));
  CHECK(ended_at(10) == at(9));
}

TEST_CASE_METHOD(Both, "the end of a run that was never started is refused wherever it is in a group") {
  commit(starts(1, 40));
  const auto place = GENERATE(range<std::ptrdiff_t>(0, 41));
  std::vector<Checkpoint> group;
  for (RunNumber run = 1; run <= 40; ++run) group.push_back(ended(run, RunStatus::kDone));
  group.insert(group.begin() + place, ended(50, RunStatus::kDone));
  CHECK_THROWS_WITH(sqlite.commit(group), Catch::Contains("run 50 was never started"));
  commit({ended(50, RunStatus::kDone), started(50)});
}

TEST_CASE_METHOD(Both, "groups of any records in any order leave in SQLite what they leave in memory") {
  const auto seed = GENERATE(range<unsigned>(1, 61));
  INFO("seed " << seed);
  RandomRecords records(seed);
  for (int group = 0; group < 12; ++group) commit(records.group());
}
