// Rounds of turns; when nobody has anything to do, time goes on to when somebody has.
#include "tests/simulation/simulation.h"

#include <algorithm>

namespace pawl::simulation {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr int kSpinsMax = 100;

Result result_of(const World& world) {
  return {.violation = world.violation, .trace = world.trace.hash(), .faults = world.counts};
}

}  // namespace

Simulation::Simulation(const Options& options, std::ostream* trace) : world_(options, trace), outside_(world_) {
  for (int i = 0; i < options.events; ++i) {
    const Duration when =
        microseconds{world_.random.number() % (static_cast<std::uint64_t>(options.fault_seconds) * 1'000'000)};
    // often many at once
    coming_.emplace_back(Timestamp{when - when % (world_.random.chance(0.7) ? minutes{2} : seconds{1})},
                         "event-" + std::to_string(i));
  }
  std::sort(coming_.rbegin(), coming_.rend());
  for (int i = 0; i < options.workers; ++i) {
    const std::string name = "worker-" + std::to_string(i);
    add_process(name, Store(name + "-1"));
  }
}

void Simulation::add_process(const std::string& name, const Store& store) {
  processes_.push_back(
      std::make_unique<Process>(outside_, name, store, [this](Process& stopped) { interlude(stopped); }));
}

Result Simulation::run() {
  const Timestamp faults_end{seconds{world_.options.fault_seconds}};
  while (!over() && (world_.now < faults_end || !coming_.empty())) round(faults_end);
  const Timestamp calm_since = world_.now;
  if (!over()) calm_down();
  if (!over()) drain();
  const Duration drained_in = world_.now - calm_since;
  if (!over()) check_stores();
  Result result = result_of(world_);
  result.events = emitted_.size();
  result.turns = turns_;
  result.drained_in = drained_in;
  return result;
}

void Simulation::round(Timestamp until) {
  emit_due();
  end_outages();
  if (world_.faults_on) disturb_outside();
  bool busy = false;
  for (std::size_t i = 0; i < processes_.size() && !over(); ++i) {
    Process& process = *processes_[i];
    if (!process.runnable()) continue;
    ++turns_;
    process.turn();
    busy |= process.busy();
    if (world_.faults_on) disturb(process);
  }
  if (!busy && !over()) advance(until);
}

void Simulation::advance(Timestamp until) {
  Timestamp next = std::max(until, world_.now + microseconds{1});
  if (!coming_.empty()) next = std::min(next, coming_.back().first);
  for (const auto& process : processes_)
    if (!process->inside_interlude) next = std::min(next, process->next());
  if (next > world_.now) {
    spins_ = 0;
    world_.now = next;
    return;
  }
  world_.now += milliseconds{1};
  if (++spins_ > kSpinsMax) world_.broken("a worker turns and turns though there is nothing to do");
}

// One process stands still in the middle of a call while time passes for the others.
void Simulation::interlude(Process& stopped) {
  const Timestamp until = world_.now + world_.random.duration(seconds{1}, seconds{world_.options.lease_seconds * 3});
  outside_.oracle.redelivered_by_fault();
  stopped.inside_interlude = true;
  while (world_.now < until && !over()) round(until);
  stopped.inside_interlude = false;
}

void Simulation::emit_due() {
  bool emitted = false;
  for (; !coming_.empty() && coming_.back().first <= world_.now; coming_.pop_back()) {
    const std::string& id = coming_.back().second;
    const Duration late = world_.strike(Fault::kLateCommit, "postgres", id)
                              ? world_.random.duration(milliseconds{10}, minutes{2})
                              : Duration{0};
    outside_.oracle.emitted(id);
    outside_.postgres.emit(outside_.workload.of_event(id).event_type, id, late);
    emitted_.push_back(id);
    emitted = true;
  }
  if (!emitted) return;
  for (const auto& process : processes_) process->ring();
}

void Simulation::end_outages() {
  if (world_.now >= outbox_down_until_) outside_.postgres.table.outage.clear();
  for (const auto& process : processes_)
    if (world_.now >= full_until_[process->name()]) process->store().full = false;
}

void Simulation::disturb_outside() {
  if (world_.strike(Fault::kOutboxDown, "postgres")) {
    outbox_down_until_ = world_.now + world_.random.duration(milliseconds{100}, hours{1});
    outside_.postgres.table.outage = "connection refused";
  }
  for (const WorkflowPlan& workflow : outside_.workload.workflows())
    for (const StepPlan& step : workflow.steps) {
      if (world_.strike(Fault::kServiceDown, step.name))
        outside_.down_until[step.name] = world_.now + world_.random.duration(milliseconds{100}, hours{1});
      if (world_.strike(Fault::kServiceRefuses, step.name))
        outside_.refuses_until[step.name] = world_.now + world_.random.duration(milliseconds{100}, hours{1});
    }
  disturb_events();
}

void Simulation::disturb_events() {
  if (!emitted_.empty() && world_.strike(Fault::kDuplicateEmit, "postgres")) {
    const std::string& id = emitted_[world_.random.number() % emitted_.size()];
    outside_.postgres.emit(outside_.workload.of_event(id).event_type, id, Duration{0});
  }
  auto& table = outside_.postgres.table;
  if (!table.archive.empty() && world_.strike(Fault::kOperatorResume, "operator")) {
    const std::string id = table.archive[world_.random.number() % table.archive.size()].event.id;
    if (!outside_.postgres.knows(id) && table.resume(id)) outside_.oracle.resumed(id);
  }
  disturb_runs();
  if (!table.rows.empty() && world_.strike(Fault::kClaimForgotten, "postgres")) {
    const auto row =
        std::next(table.rows.begin(), static_cast<std::ptrdiff_t>(world_.random.number() % table.rows.size()));
    if (row->second.lease_epoch != 0) outside_.postgres.forget_claim(row->first);
  }
}

// What an operator asks of a run that has not ended.
void Simulation::disturb_runs() {
  auto& table = outside_.postgres.table;
  const auto any_run = [&] {
    return std::next(table.rows.begin(), static_cast<std::ptrdiff_t>(world_.random.number() % table.rows.size()))
        ->second.event.id;
  };
  table.now = world_.wall();
  if (!table.rows.empty() && world_.strike(Fault::kOperatorRetryNow, "operator"))
    table.retry_now(any_run(), "an operator");
  if (table.rows.empty() || !world_.strike(Fault::kOperatorCancel, "operator")) return;
  const std::string id = any_run();
  outside_.oracle.cancelled(id);
  table.cancel(id, "an operator");
  if (!outside_.postgres.knows(id)) outside_.oracle.ended_in_postgres(id);
}

void Simulation::disturb(Process& process) {
  const std::string& name = process.name();
  if (world_.random.chance(0.01)) process.back_up();
  if (world_.strike(Fault::kStoreFull, name)) {
    process.store().full = true;
    full_until_[name] = world_.now + world_.random.duration(milliseconds{100}, hours{1});
  }
  if (world_.strike(Fault::kPause, name))
    process.stop_for(world_.random.duration(seconds{1}, minutes{3}), false);
  else if (world_.strike(Fault::kSuspend, name))
    process.stop_for(world_.random.duration(seconds{1}, minutes{3}), true);
  else if (world_.strike(Fault::kCrashBetweenTurns, name))
    process.die(Fault::kCrashBetweenTurns);
  else if (world_.strike(Fault::kCleanStop, name))
    process.begin_clean_stop();
  if (process.epoch() && world_.strike(Fault::kLeaseLost, name)) outside_.postgres.bury(process.epoch());
  if (copy_.empty() && depth_ == 0 && world_.strike(Fault::kStoreCopied, name)) {
    copy_ = name + "-copy";
    outside_.oracle.redelivered_by_fault();  // either frees what the other moves
    add_process(copy_, process.store());
  }
}

// Faults stop: what was broken is repaired, what was down starts.
void Simulation::calm_down() {
  world_.faults_on = false;
  world_.note("simulation", "calm");
  outbox_down_until_ = world_.now;
  outside_.down_until.clear();
  outside_.refuses_until.clear();
  full_until_.clear();
  std::erase_if(processes_, [&](const auto& process) { return process->name() == copy_; });
  for (const auto& process : processes_) process->recover();
}

// No worker has anything to do, and no event waits for one that is asleep. One of a store that was lost waits for ever.
bool Simulation::idle() const {
  const auto is_awaited = [&](const auto& entry) {
    const auto& row = entry.second;
    return !row.only_store ||
           std::ranges::any_of(processes_, [&](const auto& process) { return process->store().id == row.store; });
  };
  return std::ranges::all_of(processes_, [](const auto& process) { return process->idle(); }) &&
         std::ranges::none_of(outside_.postgres.table.rows, is_awaited);
}

// P9: bounded by the longest that retries, poisons and hung calls may take, one after the other.
void Simulation::drain() {
  Timestamp until = world_.now + hours{8};
  for (const std::string& id : emitted_)
    if (outside_.workload.hangs(id))
      until += (world_.options.deliveries_max + 1) * (seconds{world_.options.hang_seconds} + minutes{2});
  const auto quiet = [&] { return outside_.oracle.all_ended() && idle(); };
  while (!over() && !quiet() && world_.now < until) round(until);
  if (over() || quiet()) return;
  std::string busy;
  for (const auto& process : processes_)
    if (!process->idle()) busy += " " + process->describe();
  world_.broken("P9: the faults have stopped and still open are:" + outside_.oracle.unfinished() +
                "; not idle:" + busy);
}

// What a store still calls unfinished after everything has ended is taken back by its next registration.
void Simulation::check_stores() {
  for (const auto& process : processes_) process->die(Fault::kCrashBetweenTurns);
  const Timestamp until = world_.now + hours{1};
  while (!over() && !idle() && world_.now < until) round(until);
  for (const auto& process : processes_)
    for (const engine::UnfinishedRun& run : process->store().checkpoints.recover().unfinished)
      world_.broken("P9: " + process->store().id + " still holds " + run.run_id + " as unfinished");
}

}  // namespace pawl::simulation
