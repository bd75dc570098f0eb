// Lanes on real threads, and the whole engine on top of them.
#include "engine/lanes/thread_lanes.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

// The double is not thread-safe, and claim and finish have a lane each.
class GuardedOutbox final : public Outbox {
 public:
  explicit GuardedOutbox(MemoryOutboxTable& table) : inner_(table) {}
  Registered open(const Registration& registration) override { return inner_.open(registration); }
  std::vector<Event> claim(const ClaimRequest& request) override {
    const std::lock_guard lock(mutex_);
    return inner_.claim(request);
  }
  void sleep(Duration) override { std::this_thread::yield(); }
  std::size_t finish(std::span<const FinishedEvent> finished) override {
    const std::lock_guard lock(mutex_);
    return inner_.finish(finished);
  }
  std::vector<Mark> marks(std::int64_t above) override {
    const std::lock_guard lock(mutex_);
    return inner_.marks(above);
  }
  void take_off(std::span<const Mark> marks) override {
    const std::lock_guard lock(mutex_);
    inner_.take_off(marks);
  }
  std::vector<std::string> resolved(std::span<const std::string> run_ids) override {
    const std::lock_guard lock(mutex_);
    return inner_.resolved(run_ids);
  }
  void report(std::span<const StepReport> steps, Timestamp now) override {
    const std::lock_guard lock(mutex_);
    inner_.report(steps, now);
  }
  void renew() override {
    const std::lock_guard lock(mutex_);
    inner_.renew();
  }
  void release(std::span<const std::int64_t> positions) override {
    const std::lock_guard lock(mutex_);
    inner_.release(positions);
  }

 private:
  MemoryOutbox inner_;
  std::mutex mutex_;
};

}  // namespace

TEST_CASE("work runs on the lane's thread and its report on the caller's") {
  ThreadLanes lanes({{"one", 1}});
  std::thread::id worked, reported;
  lanes.submit(
      0, [&] { worked = std::this_thread::get_id(); }, [&] { reported = std::this_thread::get_id(); });
  while (reported == std::thread::id()) lanes.poll(1s);
  CHECK(worked != std::this_thread::get_id());
  CHECK(reported == std::this_thread::get_id());
}

TEST_CASE("a lane of one thread keeps the order of its work") {
  ThreadLanes lanes({{"one", 1}});
  std::vector<int> order;
  int reports = 0;
  for (int i = 0; i < 100; ++i)
    lanes.submit(
        0, [&order, i] { order.push_back(i); }, [&] { ++reports; });
  while (reports < 100) lanes.poll(1s);
  for (int i = 0; i < 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("after stop no work runs and no report is delivered") {
  std::atomic<int> ran{0};
  int reported = 0;
  ThreadLanes lanes({{"one", 2}});
  for (int i = 0; i < 50; ++i)
    lanes.submit(
        0, [&] { ++ran; }, [&] { ++reported; });
  lanes.stop([] {});
  const int at_stop = ran;
  lanes.submit(
      0, [&] { ++ran; }, [&] { ++reported; });
  lanes.poll(0s);
  CHECK(ran == at_stop);
  CHECK(reported == 0);
}

TEST_CASE("stop interrupts the work that runs until it has ended") {
  ThreadLanes lanes({{"one", 1}});
  std::atomic<int> interrupted{0};
  std::atomic<bool> running{false};
  lanes.submit(
      0,
      [&] {
        running = true;
        while (interrupted < 3) std::this_thread::yield();  // the first ones come too early for it
      },
      [] {});
  while (!running) std::this_thread::yield();
  lanes.stop([&] { ++interrupted; });
  CHECK(interrupted >= 3);
}

TEST_CASE("P9 F13: a runner that ends interrupts a call that would take for ever") {
  struct Stuck final : Step<std::string, std::string> {
    Stuck() : Step("stuck", {}) {}
    void execute(Batch<std::string, std::string>&) override {
      running = true;
      while (!interrupted) std::this_thread::yield();
    }
    void interrupt() override { interrupted = true; }
    std::atomic<bool> running{false}, interrupted{false};
  } stuck;
  RunnerWorld world;
  world.emit();
  const WorkflowDefinition definition = only(stuck);
  const SystemClock clock;
  ThreadLanes lanes(lane_specs({definition}));
  GuardedOutbox outbox(world.table);
  {
    Runner runner({outbox, world.store, clock, lanes, world.log}, {definition});
    runner.open();
    while (!stuck.running) runner.turn(10ms);
  }
  CHECK(stuck.interrupted);
}

TEST_CASE("P9 F13: a runner that ends does not wait for ever for a call that nothing interrupts") {
  struct Stuck final : Step<std::string, std::string> {
    explicit Stuck(ManualClock& clock) : Step("stuck", {}), clock(clock) {}
    void execute(Batch<std::string, std::string>&) override {
      running = true;
      while (!released) std::this_thread::yield();
    }
    void interrupt() override { clock.turn(passes_between_interrupts); }
    ManualClock& clock;
    Duration passes_between_interrupts{0};
    std::atomic<bool> running{false}, released{false};
  };
  // until it hangs, or until somebody gives it up who did not when the wait began
  const auto [passes, gives_up_when_asked] = GENERATE(table<Duration, int>({{1h, 1'000}, {3s, 3}}));
  RunnerWorld world;
  world.emit();
  Stuck stuck(world.clock);
  const WorkflowDefinition definition = only(stuck);
  ThreadLanes lanes(lane_specs({definition}));
  GuardedOutbox outbox(world.table);
  Runner runner({outbox, world.store, world.clock, lanes, world.log}, {definition});
  runner.open();
  while (!stuck.running) runner.turn(1ms);
  stuck.passes_between_interrupts = passes;
  int asked = 0;
  CHECK_THROWS_AS(runner.stop([&, times = gives_up_when_asked] { return ++asked == times; }), HungError);
  CHECK(asked == (passes == 3s ? 3 : 1));
  stuck.released = true;
}

TEST_CASE("the engine runs a backlog on real threads") {
  RunnerWorld world;
  for (int i = 0; i < 500; ++i) world.emit();
  const SystemClock clock;
  const std::vector<WorkflowDefinition> workflows{world.workflow.definition()};
  ThreadLanes lanes(lane_specs(workflows));

  GuardedOutbox outbox(world.table);

  Runner runner({outbox, world.store, clock, lanes, world.log}, workflows);
  runner.open();
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!runner.idle() && std::chrono::steady_clock::now() < deadline) runner.turn(10ms);
  runner.drain();
  while (!runner.drained() && std::chrono::steady_clock::now() < deadline) runner.turn(10ms);
  CHECK(runner.status().done == 500);
  CHECK(world.table.archive.size() == 500);
}
