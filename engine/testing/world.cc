// Turns the engine and its clock.
#include "engine/testing/world.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

#include "engine/ports/observer.h"
#include "engine/testing/memory_checkpoints.h"
#include "engine/testing/memory_worker.h"

namespace pawl::testing {

namespace {

using namespace engine;

// Nothing commits, ends or fails for so many turns: what is to come needs time. Which lane a turn serves is drawn by
// lot, and one of them has always something to do, since it looks for events.
constexpr int kQuietTurns = 60;

// Time passes in steps: small at first, as commits wait for milliseconds, later a hundredth of what has passed.
constexpr Duration kFirstStep = std::chrono::milliseconds{10};

// However large the steps are, no lease may expire over one.
const RunnerOptions kOptions{.lease = std::chrono::days{3650}, .seed = 1, .retention = Duration{0}};

/// Counts.
class NoticeCount final : public Observer {
 public:
  void on(const Notice&) override { ++count; }
  std::size_t count = 0;
};

}  // namespace

/// What a worker has of its own.
struct World::Host {
  explicit Host(int number) : checkpoints("host-" + std::to_string(number)) {}

  void start(World& world) {
    worker.reset();
    worker.emplace(world.outbox_, checkpoints, world.clock_, notices, world.workflows_, kOptions.seed, kOptions);
  }
  /// Changes whenever something happened.
  std::size_t progress() const { return checkpoints.groups() + notices.count; }

  MemoryCheckpoints checkpoints;
  NoticeCount notices;
  std::optional<MemoryWorker> worker;
};

const StepSettled* RunView::step(const std::string& name, const std::string& key) const {
  const auto found = std::ranges::find(steps, StepKey{name, key}, &StepSettled::step);
  return found == steps.end() ? nullptr : &*found;
}

World::World(std::vector<WorkflowDefinition> workflows)
    : workflows_(std::move(workflows)), host_(std::make_unique<Host>(++hosts_)) {
  for (const WorkflowDefinition& workflow : workflows_) outbox_.add_workflow({workflow.event_type, workflow.name});
  host_->start(*this);
}

World::~World() = default;

std::string World::emit(const std::string& type, const nlohmann::json& payload, const EventDetails& details) {
  outbox_.now = clock_.now();
  return outbox_.emit(type, payload.dump(), {}, details);
}

std::string World::run_id(const std::string& event_id, const std::string& workflow) const {
  const auto is_it = [&](const Event& event) {
    return event.workflow == workflow && (event.id == event_id || event.further_run_of == event_id);
  };
  for (const auto& [position, row] : outbox_.rows)
    if (is_it(row.event)) return row.event.id;
  for (const auto& ended : outbox_.archive)
    if (is_it(ended.event)) return ended.event.id;
  throw std::out_of_range("event " + event_id + " has no run in " + workflow);
}

void World::work() {
  for (int quiet = 0; quiet < kQuietTurns; ++quiet) {
    const std::size_t before = host_->progress() + outbox_.archive.size();
    host_->worker->runner.turn(Duration{0});
    if (host_->progress() + outbox_.archive.size() != before) quiet = 0;
  }
}

void World::pass(Duration time) {
  turn_while([] { return true; }, time);
}

bool World::finish(Duration at_most) {
  turn_while([this] { return !outbox_.rows.empty(); }, at_most);
  return outbox_.rows.empty();
}

void World::turn_while(const std::function<bool()>& condition, Duration at_most) {
  work();
  for (Duration passed{0}; passed < at_most && condition();) {
    const Duration step = std::min(std::max(kFirstStep, passed / 100), at_most - passed);
    clock_.turn(step);
    passed += step;
    work();
  }
}

void World::crash() { host_->start(*this); }

void World::lose_host() {
  const std::int64_t epoch = host_->worker->outbox.epoch();
  host_ = std::make_unique<Host>(++hosts_);
  outbox_.bury(epoch);
  host_->start(*this);
}

bool World::resume(const std::string& run_id) { return outbox_.resume(run_id); }

bool World::cancel(const std::string& run_id, const std::string& note) {
  outbox_.now = clock_.now();
  return outbox_.cancel(run_id, "an operator", note);
}

bool World::retry_now(const std::string& run_id) {
  outbox_.now = clock_.now();
  return outbox_.retry_now(run_id, "an operator");
}

std::string World::rerun(const std::string& run_id, const std::string& from_step, bool resend) {
  return outbox_.rerun(run_id, from_step, resend);
}

RunView World::run(const std::string& run_id) {
  RunView view;
  const auto ended = std::ranges::find_if(outbox_.archive, [&](const auto& row) { return row.event.id == run_id; });
  const std::vector<StoredRun> known = host_->checkpoints.find({&run_id, 1});
  if (ended == outbox_.archive.end() && known.empty()) throw std::out_of_range("no worker has begun the run " + run_id);
  if (!known.empty()) view = {known[0].status, known[0].reason, known[0].steps};
  if (ended != outbox_.archive.end()) view = {ended->status, ended->reason, std::move(view.steps)};
  return view;
}

}  // namespace pawl::testing
