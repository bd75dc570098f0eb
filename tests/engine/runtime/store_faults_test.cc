// A store that cannot be read, or refuses for good, while the runner runs.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/engine/world.h"

using namespace pawl::engine;

namespace {

/// Fails as it is told to, in front of another store.
class FailingStore final : public Checkpoints {
 public:
  explicit FailingStore(Checkpoints& store) : store_(store) {}

  Recovered recover() override { return store_.recover(); }
  void give_way(std::int64_t lost_to) override { store_.give_way(lost_to); }
  void commit(std::span<const Checkpoint> group) override { store_.commit(group); }
  std::vector<StoredRun> find(std::span<const std::string> ids) override {
    if (fails) fails();
    return store_.find(ids);
  }
  std::vector<StoredRun> load(std::span<const RunNumber> runs) override {
    if (fails) fails();
    return store_.load(runs);
  }
  std::size_t prune(Timestamp before, std::size_t limit) override { return store_.prune(before, limit); }

  std::function<void()> fails;

 private:
  Checkpoints& store_;
};

struct Broken : RunnerWorld {
  FailingStore failing{store};
  InlineLanes lanes{1};
  MemoryOutbox outbox{table};
  Runner runner{{outbox, failing, clock, lanes, log}, {workflow.definition()}, options};

  Broken() { runner.open(); }
  bool turns_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 400 && !condition(); ++i) {
      runner.turn({});
      clock.turn(std::chrono::milliseconds{50});
    }
    return condition();
  }
  void cannot_be_read() {
    failing.fails = [] { throw UnavailableError("read checkpoints: I/O error"); };
  }
  void refuses() {
    failing.fails = [] { throw RefusedError("open checkpoints: the file is damaged"); };
  }
  /// One run that waits for its next attempt.
  void let_one_wait() {
    workflow.show.script = [](auto& item) { item.retry("later"); };
    emit();
    REQUIRE(turns_until([&] { return runner.status().waiting == 1; }));
    workflow.show.script = nullptr;
  }
};

}  // namespace

TEST_CASE_METHOD(Broken, "F5: claimed events wait for a store that cannot be read, which is told once as its fault") {
  cannot_be_read();
  emit();
  REQUIRE(turns_until([&] { return !runner.status().checkpoints_error.empty(); }));
  turns_until([] { return false; });
  CHECK(runner.status().outbox_error.empty());
  CHECK(log.counts[NoticeKind::kCheckpointsDown] == 1);
  failing.fails = nullptr;
  CHECK(turns_until([&] { return archived(1); }));
  CHECK(log.counts[NoticeKind::kCheckpointsUp] == 1);
  CHECK(workflow.find.executions.size() == 1);
}

TEST_CASE_METHOD(Broken, "F5: waiting runs stay for a store that cannot be read, which is told once") {
  let_one_wait();
  cannot_be_read();
  REQUIRE(turns_until([&] { return !runner.status().checkpoints_error.empty(); }));
  turns_until([] { return false; });
  CHECK(log.counts[NoticeKind::kCheckpointsDown] == 1);
  failing.fails = nullptr;
  CHECK(turns_until([&] { return archived(1); }));
}

TEST_CASE_METHOD(Broken, "F7: a store that refuses a look-up ends the worker") {
  refuses();
  emit();
  CHECK_THROWS_AS(turns_until([] { return false; }), RefusedError);
}

TEST_CASE_METHOD(Broken, "F7: a store that refuses to load a waiting run ends the worker") {
  let_one_wait();
  refuses();
  CHECK_THROWS_AS(turns_until([] { return false; }), RefusedError);
}

TEST_CASE_METHOD(Broken, "F5: a drain gives back what was claimed though the store cannot be read") {
  cannot_be_read();
  emit();
  REQUIRE(turns_until([&] { return !runner.status().checkpoints_error.empty(); }));
  runner.drain();
  CHECK(turns_until([&] { return runner.drained(); }));
  CHECK(workflow.find.executions.empty());
}
