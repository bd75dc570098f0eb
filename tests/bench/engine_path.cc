// A workflow whose steps do nothing, so that all that is measured is what the engine does about them.
#include "tests/bench/engine_path.h"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/authoring/run.h"
#include "engine/authoring/step.h"
#include "engine/runtime/runner.h"
#include "engine/testing/inline_lanes.h"
#include "engine/testing/manual_clock.h"
#include "engine/testing/memory_checkpoints.h"
#include "engine/testing/memory_outbox.h"

namespace pawl::bench {

namespace {

using engine::Batch;
using engine::Event;
using engine::Run;
using engine::Workflow;

constexpr const char* kType = "bench/event";

class Echo final : public engine::Step<std::string, std::string> {
 public:
  using Step::Step;
  std::string key(const std::string& input) const override { return input; }
  void execute(Batch<std::string, std::string>& batch) override {
    for (auto& item : batch) item.succeed(item.input());
  }
};

struct Steps {
  Echo find{"find-words", {}};
  Echo show{"show-words", {}};
  Echo send{"send-words", {}};
};

std::vector<std::string> numbered(int items) {
  std::vector<std::string> words;
  for (int item = 0; item < items; ++item) words.push_back(std::to_string(item));
  return words;
}

Workflow fan_out(Run run, int items, const Steps& steps) {
  const std::vector<std::string> words = numbered(items);
  const auto sent = run.start_each(steps.send, words);
  co_await run.all(sent);
}

Workflow tell(Run run, std::string word, const Steps& steps) {
  const std::string found = co_await run.step(steps.find, word);
  const std::vector<std::string> words{"one", "two"};
  const auto shown = run.start(steps.show, found);
  const auto sent = run.start_each(steps.send, words);
  co_await run.all(shown, sent);
}

struct Deaf final : engine::Observer {
  void on(const engine::Notice&) override {}
};

bool all_done(const testing::MemoryOutboxTable& table, int events) {
  return table.archive.size() == static_cast<std::size_t>(events) &&
         std::all_of(table.archive.begin(), table.archive.end(),
                     [](const auto& event) { return event.status == engine::RunStatus::kDone; });
}

// Works off so many events of such a workflow.
void work_off(int events, int turns_max, const std::function<Workflow(Run, const Steps&)>& flow) {
  testing::ManualClock clock;
  testing::MemoryOutboxTable table;
  testing::MemoryCheckpoints store;
  testing::InlineLanes lanes(1);
  testing::MemoryOutbox outbox(table);
  Steps steps;
  Deaf observer;
  const auto start = [&](Run run, const Event&) { return flow(run, steps); };

  table.now = clock.now();
  for (int event = 0; event < events; ++event) table.emit(kType);
  engine::Runner runner({outbox, store, clock, lanes, observer},
                        {{"tell-words", kType, start, {&steps.find, &steps.show, &steps.send}}}, {.seed = 1});
  runner.open();
  for (int turn = 0; turn < turns_max && !runner.idle(); ++turn) runner.turn({});
  if (!all_done(table, events)) throw std::runtime_error("the engine did not bring every event to its end");
}

}  // namespace

void run_engine_path(int events) {
  work_off(events, 1000 + 10 * events, [](Run run, const Steps& steps) { return tell(run, "word", steps); });
}

void run_fan_out(int items) {
  work_off(1, 1000 + 10 * items, [items](Run run, const Steps& steps) { return fan_out(run, items, steps); });
}

}  // namespace pawl::bench
