// A whole pawl in one thread: outbox, store and clock in memory, lanes without threads, and a workflow to order about.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/authoring/run.h"
#include "engine/authoring/step.h"
#include "engine/testing/manual_clock.h"
#include "engine/testing/memory_checkpoints.h"
#include "engine/testing/memory_outbox.h"
#include "engine/testing/memory_worker.h"

namespace pawl::engine {

using testing::InlineLanes;
using testing::ManualClock;
using testing::MemoryCheckpoints;
using testing::MemoryOutbox;
using testing::MemoryOutboxTable;
using testing::MemoryWorker;

/// A step whose outcome the test scripts by event and key; it counts every execution.
class ScriptedStep final : public Step<std::string, std::string> {
 public:
  using Script = std::function<void(Item<std::string, std::string>&)>;

  ScriptedStep(std::string name, StepOptions options) : Step(std::move(name), options) {}
  std::string key(const std::string& input) const override { return input; }
  void execute(Batch<std::string, std::string>& batch) override {
    sizes.push_back(batch.size());
    if (before) before(batch.size());
    for (auto& item : batch) {
      ++executions[item.effects_id() + "/" + item.key()];
      if (script)
        script(item);
      else
        item.succeed("did " + item.key());
    }
  }

  Script script;
  std::function<void(std::size_t)> before;
  std::map<std::string, int> executions;
  std::vector<std::size_t> sizes;
};

/// Collects what the engine says.
class NoticeLog final : public Observer {
 public:
  void on(const Notice& notice) override {
    ++counts[notice.kind];
    lines.push_back(std::string(notice.run_id) + " " + std::string(notice.step) + " " + std::string(notice.subject) +
                    " " + std::string(notice.detail));
  }
  std::map<NoticeKind, int> counts;
  std::vector<std::string> lines;
};

/// A workflow of this step alone, given the event's id.
inline WorkflowDefinition only(Step<std::string, std::string>& step) {
  return {"say-words",
          "test/words",
          [&step](Run run, const Event& event) {
            return [](Run r, std::string id, const Step<std::string, std::string>& one) -> Workflow {
              co_await r.step(one, id);
            }(run, event.id, step);
          },
          {&step}};
}

/// find-words, then in parallel show-words once and send-words for each word: the shape of the first workflow.
struct TestWorkflow {
  ScriptedStep find{"find-words", {}};
  ScriptedStep show{"show-words", {}};
  ScriptedStep send{"send-words", {}};

  static Workflow run_words(Run run, std::string id, const TestWorkflow& steps) {
    const std::string found = co_await run.step(steps.find, id);
    const std::vector<std::string> words{"one", "two"};
    const auto shown = run.start(steps.show, found);
    const auto sent = run.start_each(steps.send, words);
    co_await run.all(shown, sent);
  }
  WorkflowDefinition definition() {
    return {"say-words",
            "test/words",
            [this](Run run, const Event& event) { return run_words(run, event.id, *this); },
            {&find, &show, &send}};
  }
};

using Worker = MemoryWorker;

struct RunnerWorld {
  ManualClock clock;
  MemoryOutboxTable table;
  MemoryCheckpoints store;
  NoticeLog log;
  TestWorkflow workflow;
  RunnerOptions options{.seed = 7};
  std::uint64_t seed = 1;
  std::unique_ptr<Worker> worker;

  Worker& start() {
    worker.reset();
    worker = std::make_unique<Worker>(table, store, clock, log, std::vector{workflow.definition()}, seed, options);
    return *worker;
  }
  /// Ends the worker with the scope: for steps that a test's body owns, since a worker must not outlive its steps.
  [[nodiscard]] auto ends_with_scope() {
    const auto end = [](std::unique_ptr<Worker>* of) { of->reset(); };
    return std::unique_ptr<std::unique_ptr<Worker>, decltype(end)>(&worker, end);
  }
  std::string emit(const std::string& id = {}) {
    table.now = clock.now();
    return table.emit("test/words", "{}", id);
  }
  void turn(int times) {
    for (int i = 0; i < times; ++i) worker->runner.turn({});
  }
  /// Turns until the condition holds; false when it does not within a bounded number of turns.
  bool until(const std::function<bool()>& condition, int turns = 2000) {
    for (int i = 0; i < turns && !condition(); ++i) worker->runner.turn({});
    return condition();
  }
  /// Turns the clock in steps of a second as well.
  bool until_over_time(const std::function<bool()>& condition, int seconds) {
    for (int i = 0; i < seconds && !condition(); ++i) {
      turn(40);
      if (!condition()) clock.turn(std::chrono::seconds{1});
    }
    return condition();
  }
  bool archived(std::size_t count) const { return table.archive.size() >= count; }
};

}  // namespace pawl::engine
