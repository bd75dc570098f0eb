// The turns of the engine's thread.
#include "engine/runtime/runner.h"

#include <algorithm>
#include <set>

#include "engine/authoring/errors.h"
#include "engine/runtime/runner_parts.h"

namespace pawl::engine {

namespace {

// What a call on Postgres or on the store may honestly take beside the time that is allowed to every call: it has
// limits of its own for each answer, and a few answers to wait for.
constexpr Duration kLongestPortCall = std::chrono::minutes{1};

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

std::vector<StepBase*> steps_of(const std::vector<WorkflowDefinition>& workflows) {
  std::vector<StepBase*> steps;
  std::set<std::string> names;
  for (const WorkflowDefinition& workflow : workflows)
    for (StepBase* step : workflow.steps) {
      if (!names.insert(step->name()).second)
        throw WorkflowBug("register workflow " + workflow.name + ": step " + step->name() + " is declared twice");
      steps.push_back(step);
    }
  return steps;
}

std::vector<std::string> types_of(const std::vector<WorkflowDefinition>& workflows) {
  std::set<std::string> types;
  for (const WorkflowDefinition& workflow : workflows)
    if (!types.insert(workflow.event_type).second)
      throw WorkflowBug("register workflow " + workflow.name + ": another one handles " + workflow.event_type +
                        " already; an event has one run");
  return {types.begin(), types.end()};
}

}  // namespace

std::vector<LaneSpec> lane_specs(const std::vector<WorkflowDefinition>& workflows) {
  std::vector<LaneSpec> lanes{{"claim", 1}, {"finish", 1}, {"renew", 1}, {"checkpoint", 1}};
  for (const StepBase* step : steps_of(workflows)) lanes.push_back({step->name(), step->options().parallelism});
  return lanes;
}

Runner::Runner(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options)
    : parts_(std::make_unique<Parts>(ports, std::move(workflows), options)), lanes_(ports.lanes) {}
Runner::~Runner() {
  lanes_.stop([this] { parts_->interrupt_steps(); });
}
void Runner::open() { parts_->open(); }
void Runner::turn(Duration at_most) { parts_->turn(at_most); }
void Runner::drain() { parts_->drain(); }
bool Runner::drained() const { return parts_->drained(); }
bool Runner::idle() const { return parts_->idle(); }
RunnerStatus Runner::status() const { return parts_->status(); }

Runner::Parts::Parts(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options)
    : ports_(ports),
      lanes_(ports.lanes, ports.clock),
      workflows_(std::move(workflows)),
      options_(options),
      jitter_(options.seed),
      journal_(ports.checkpoints, lanes_, kCheckpointLane, ports.clock, jitter_),
      archiver_(ports.outbox, lanes_, kFinishLane, ports.clock, options.finish_max, jitter_),
      heartbeat_(ports.outbox, lanes_, kRenewLane, ports.clock, options.lease, jitter_),
      intake_(std::make_unique<Intake>(ports.outbox, ports.checkpoints, lanes_,
                                       Intake::Lane{kClaimLane, kCheckpointLane}, ports.clock, jitter_,
                                       types_of(workflows_), std::min(options.claim_max, options.moving_max) / 4,
                                       [this](std::vector<Arrival> arrivals) { arrive(std::move(arrivals)); })),
      window_{options.moving_max, options.claim_max, options.payloads_max, options.waiting_max},
      suspects_(options.deliveries_max),
      loads_(jitter_),
      outages_(ports.observer, {&intake_->backoff(), &archiver_.backoff(), &heartbeat_.backoff()},
               {&journal_.backoff(), &intake_->store_backoff(), &loads_}),
      pruning_(ports.checkpoints, lanes_, kCheckpointLane, ports.clock, options.retention) {
  LaneId lane = kFirstStepLane;
  for (StepBase* step : steps_of(workflows_)) {
    queues_.push_back(std::make_unique<StepQueue>(*step, lane++, options_.moving_max));
    queue_by_step_[step] = queues_.back().get();
  }
}

void Runner::Parts::interrupt_steps() {
  for (const auto& queue : queues_) queue->step().interrupt();
}

void Runner::Parts::open() {
  const Recovered recovered = ports_.checkpoints.recover();
  next_run_ = recovered.next_run;
  Registration registration{recovered.store_id, {}, {}};
  for (const UnfinishedRun& run : recovered.unfinished)
    if (run.waiting)
      registration.waiting.push_back({run.event_id, run.position});
    else
      registration.moving.push_back(run.event_id);
  const Timestamp asked_at = now();
  const Registered registered = ports_.outbox.open(registration);
  heartbeat_.leased(asked_at);
  pruning_.start(asked_at);
  const std::set<std::string> foreign(registered.foreign.begin(), registered.foreign.end());
  for (const UnfinishedRun& run : recovered.unfinished) {
    if (foreign.contains(run.event_id))
      supersede(run);
    else if (run.waiting)
      wakes_.at(std::min(run.wake_at, asked_at + longest_wait()), run.run);
  }
}

// A run that was parked under a wrong wall clock must not sleep for years; one that wakes too early parks again.
Duration Runner::Parts::longest_wait() const {
  Duration longest{0};
  for (const auto& queue : queues_) longest = std::max(longest, queue->step().options().retry.longest);
  return longest;
}

void Runner::Parts::throw_if_over() const {
  for (const std::string* lost : {&lost_, &intake_->lease_lost(), &archiver_.lease_lost(), &heartbeat_.lease_lost()})
    if (!lost->empty()) throw LeaseLostError(*lost);
  for (const std::string* refusal : {&journal_.refusal(), &intake_->store_refusal(), &store_refusal_})
    if (!refusal->empty()) throw RefusedError(*refusal);
}

void Runner::Parts::throw_if_hung() const {
  for (const auto& queue : queues_) {
    const auto oldest = queue->oldest_call();
    const Duration limit = options_.hang_after + queue->step().options().longest_call;
    if (options_.hang_after.count() == 0 || !oldest || now() - *oldest < limit) continue;
    throw HungError("a call of " + queue->step().name() + " has been out for " + seconds(now() - *oldest) +
                    " and will not come back; its events: " + runs_.events_of_call(queue->step(), *oldest));
  }
  throw_if_lane_hangs();
}

void Runner::Parts::throw_if_lane_hangs() const {
  for (const auto& [lane, what] : {std::pair{kClaimLane, "claim events from the outbox"},
                                   {kFinishLane, "archive events in the outbox"},
                                   {kRenewLane, "renew the leases in the outbox"},
                                   {kCheckpointLane, "read or write checkpoints"}}) {
    const auto oldest = lanes_.oldest(lane);
    const Duration limit = options_.hang_after + kLongestPortCall;
    if (options_.hang_after.count() == 0 || !oldest || now() - *oldest < limit) continue;
    throw HungError(std::string("a call to ") + what + " has been out for " + seconds(now() - *oldest) +
                    " and will not come back");
  }
}

// The order matters in one place: what has ended is archived and what has settled is committed before more is claimed.
void Runner::Parts::turn(Duration at_most) {
  lanes_.poll(until_next_due(at_most));
  throw_if_over();
  throw_if_hung();
  outages_.turn(heartbeat_.lease_holds(now()));
  look_again();
  release_held();
  wake_last_delivery();
  wake_due();
  dispatch();
  journal_.flush(now());
  heartbeat_.turn(now());
  archiver_.turn(now());
  const bool moving = this->moving() > 0 || last_delivery_moves();
  if (draining_ && !moving && journal_.empty() && archiver_.empty())
    intake_->release();
  else
    claim();
  if (!draining_) pruning_.turn(now());
}

Occupancy Runner::Parts::occupancy() const {
  return {.runs = moving(),
          .weight = runs_.weight(),
          .woken = runs_.woken() + waking_,
          .payloads = runs_.payloads(),
          .parked = wakes_.size(),
          .coming = intake_->coming(),
          .closed = suspects_.closed()};
}

std::size_t Runner::Parts::room_to_claim() const {
  const bool wanted = !draining_ && !journal_.backoff().down() && heartbeat_.lease_holds(now());
  return wanted ? window_.room_to_claim(occupancy()) : 0;
}

void Runner::Parts::claim() {
  ClaimLimits limits{.max = static_cast<int>(room_to_claim()),
                     .deliveries_max = options_.deliveries_max,
                     .quarantine = suspects_.beside(moving())};
  limits.bytes = std::min(limits.bytes, static_cast<std::int64_t>(window_.payloads_left(occupancy())));
  intake_->turn(now(), limits, options_.idle_wait);
}

Duration Runner::Parts::until_next_due(Duration at_most) const {
  const Timestamp at = now();
  Timestamp next = at + at_most;
  const auto consider = [&](const std::optional<Timestamp>& when) { next = std::min(next, when.value_or(next)); };
  if (!draining_ && room_to_wake() > 0 && !loads_.waits(at)) consider(wakes_.next());
  if (!draining_) consider(runs_.look_at());
  for (const auto& queue : queues_) {
    if (may_dispatch()) consider(queue->due_at());
    consider(queue->look_at());
    if (wakes_.held(&queue->step()) > 0 && room_to_wake() > 0) consider(queue->held_due_at(at));
  }
  consider(intake_->due_at(at, room_to_claim()));
  consider(archiver_.due_at(at));
  consider(heartbeat_.due_at());
  consider(journal_.due_at(at));
  return std::max(next - at, Duration{0});
}

bool Runner::Parts::drained() const { return draining_ && intake_->released(); }

bool Runner::Parts::idle() const {
  return intake_->found_nothing() && runs_.empty() && waking_ == 0 && wakes_.size() == 0 && !suspects_.held() &&
         journal_.empty() && archiver_.empty();
}

RunnerStatus Runner::Parts::status() const {
  RunnerStatus status = counters_;
  status.checkpoint_groups = journal_.groups();
  status.moving = moving();
  status.waiting = wakes_.size() + suspects_.held().has_value();
  for (const auto& queue : queues_)
    if (!queue->circuit().closed()) status.open_circuits.push_back({queue->step().name(), queue->circuit().reason()});
  status.outbox_error = outages_.outbox_error(heartbeat_.lease_holds(now()));
  status.checkpoints_error = outages_.store_error();
  return status;
}

}  // namespace pawl::engine
