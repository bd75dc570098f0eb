// The turns of the engine's thread, and the parts that they turn.
#include "engine/runtime/runner.h"

#include <algorithm>
#include <set>
#include <utility>

#include "engine/authoring/errors.h"
#include "engine/dispatch/step_reporting.h"
#include "engine/port_calls/heartbeat.h"
#include "engine/port_calls/lane_watch.h"
#include "engine/port_calls/outage_report.h"
#include "engine/port_calls/store_pruning.h"
#include "engine/runs/window.h"
#include "engine/runtime/arrivals.h"

namespace pawl::engine {

namespace {

// The lanes of lane_specs(), in its order.
enum : LaneId { kClaimLane, kFinishLane, kRenewLane, kCheckpointLane, kFirstStepLane };

// What a call on Postgres or on the store may honestly take beside the time that is allowed to every call: it has
// limits of its own for each answer, and a few answers to wait for.
constexpr Duration kLongestPortCall = std::chrono::minutes{1};

std::string seconds(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

std::vector<WorkflowName> names_of(const std::vector<WorkflowDefinition>& workflows) {
  std::set<std::string> names;
  std::vector<WorkflowName> all;
  for (const WorkflowDefinition& workflow : workflows) {
    if (!names.insert(workflow.name).second)
      throw WorkflowBug("register workflow " + workflow.name + ": another one has that name already");
    all.push_back({workflow.event_type, workflow.name});
  }
  return all;
}

}  // namespace

std::vector<LaneSpec> lane_specs(const std::vector<WorkflowDefinition>& workflows) {
  std::vector<LaneSpec> lanes{{"claim", 1}, {"finish", 1}, {"renew", 1}, {"checkpoint", 1}};
  for (const NamedStep& named : named_steps(workflows))
    lanes.push_back({named.name, named.step->options().parallelism});
  return lanes;
}

class Runner::Parts {
 public:
  Parts(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options);

  void open();
  void turn(Duration at_most);
  void drain() {
    draining_ = true;
    intake_.stop();
  }
  bool drained() const { return draining_ && intake_.released(); }
  bool idle() const;
  RunnerStatus status() const;
  Measures measures();
  void interrupt_steps();
  void stop(const std::function<bool()>& gives_up);

 private:
  Registered register_store(const Registration& registration);
  void leave_to_others(std::vector<UnfinishedRun>& unfinished);
  void delivered(std::vector<Arrival> arrivals);
  void throw_if_over() const;
  void throw_if_hung() const;
  void throw_if_lane_hangs() const;
  Duration until_next_due(Duration at_most) const;
  Occupancy occupancy() const;
  std::size_t room_to_wake() const { return window_.room_to_wake(occupancy()); }
  std::size_t room_to_claim() const;
  void claim();
  bool held_moves() const;
  Duration longest_wait() const;
  std::optional<Duration> longest_call() const;
  // Nothing starts that could outlive the lease, or whose result could not be remembered.
  bool may_dispatch() const { return lease_holds() && !journal_.backoff().down(); }
  bool lease_holds() const { return heartbeat_.lease_holds(now()); }
  Timestamp now() const { return ports_.clock.now(); }

  Ports ports_;
  LaneWatch lanes_;
  std::vector<WorkflowDefinition> workflows_;
  RunnerOptions options_;
  Window window_;
  Jitter jitter_;
  StepQueues queues_;
  RunTable runs_;
  Quarantine quarantine_;
  Journal journal_;
  Archiver archiver_;
  Heartbeat heartbeat_;
  StorePruning pruning_;
  StepDispatch dispatch_;
  Parking parking_;
  RunLife life_;
  Arrivals arrivals_;
  Intake intake_;
  StepReporting reporting_;
  MarkWatch marks_;
  OutageReport outages_;
  bool draining_ = false;
};

Runner::Runner(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options)
    : parts_(std::make_unique<Parts>(ports, std::move(workflows), options)), lanes_(ports.lanes) {}
Runner::~Runner() {
  lanes_.stop([this] { parts_->interrupt_steps(); });
}
void Runner::open() { parts_->open(); }
void Runner::turn(Duration at_most) { parts_->turn(at_most); }
void Runner::stop(const std::function<bool()>& gives_up) { parts_->stop(gives_up); }
void Runner::drain() { parts_->drain(); }
bool Runner::drained() const { return parts_->drained(); }
bool Runner::idle() const { return parts_->idle(); }
RunnerStatus Runner::status() const { return parts_->status(); }
Measures Runner::measures() const { return parts_->measures(); }

Runner::Parts::Parts(Ports ports, std::vector<WorkflowDefinition> workflows, RunnerOptions options)
    : ports_(ports),
      lanes_(ports.lanes, ports.clock),
      workflows_(std::move(workflows)),
      options_(options),
      window_{options.moving_max, options.claim_max, options.payloads_max, options.waiting_max},
      jitter_(options.seed),
      queues_(named_steps(workflows_), kFirstStepLane, options.moving_max),
      quarantine_(options.deliveries_max),
      journal_(ports.checkpoints, lanes_, kCheckpointLane, ports.clock, jitter_),
      archiver_(ports.outbox, lanes_, kFinishLane, ports.clock,
                Archiver::Limits{options.finish_max, static_cast<std::size_t>(ClaimLimits{}.bytes)}, jitter_,
                options.redact_payload),
      heartbeat_(ports.outbox, lanes_, kRenewLane, ports.clock, options.lease, jitter_),
      pruning_(ports.checkpoints, ports.outbox, lanes_, StorePruning::Lane{kCheckpointLane, kFinishLane}, ports.clock,
               options.retention, ports.observer),
      dispatch_({queues_, lanes_, ports.clock, ports.observer, journal_, jitter_},
                [this](RunState& run) { life_.move(run); }),
      parking_({queues_, ports.checkpoints, lanes_, kCheckpointLane, ports.clock, jitter_},
               [this](std::vector<StoredRun> loaded) { life_.woken(std::move(loaded)); }),
      life_({workflows_, ports.clock, ports.observer, journal_, archiver_, runs_, quarantine_, parking_, dispatch_},
            [this] { intake_.claim_at_once(); }),
      arrivals_({workflows_, ports.clock, ports.observer, journal_, runs_, life_}),
      intake_(ports.outbox, ports.checkpoints, lanes_, Intake::Lane{kClaimLane, kCheckpointLane}, ports.clock, jitter_,
              names_of(workflows_), std::min(options.claim_max, options.moving_max) / 4,
              [this](std::vector<Arrival> arrivals) { delivered(std::move(arrivals)); }),
      reporting_({queues_, ports.outbox, lanes_, kFinishLane, workflows_,
                  [this](const StepBase& step) { return parking_.held(step); }}),
      marks_(ports.outbox, ports.checkpoints, lanes_, MarkWatch::Lane{kFinishLane, kCheckpointLane}, ports.clock,
             jitter_, [this](const Mark& mark, const StoredRun* stored) { return life_.asked(mark, stored); }),
      outages_(ports.observer, {&intake_.backoff(), &archiver_.backoff(), &heartbeat_.backoff(), &marks_.backoff()},
               {&journal_.backoff(), &intake_.store_backoff(), &parking_.backoff()}) {}

void Runner::Parts::interrupt_steps() {
  for (StepQueue& queue : queues_) queue.step().interrupt();
}

// Until one of them hangs; none: whatever it takes.
std::optional<Duration> Runner::Parts::longest_call() const {
  if (options_.hang_after.count() == 0) return std::nullopt;
  Duration longest = kLongestPortCall;
  for (const StepQueue& queue : queues_) longest = std::max(longest, queue.step().options().longest_call);
  return options_.hang_after + longest;
}

void Runner::Parts::stop(const std::function<bool()>& gives_up) {
  const std::optional<Duration> at_most = longest_call();
  const Timestamp since = now();
  lanes_.stop([&] {
    interrupt_steps();
    if (!gives_up() && (!at_most || now() - since < *at_most)) return;
    throw HungError("calls that were interrupted " + seconds(now() - since) + " ago have not ended");
  });
}

// Of workflows that this worker does not run: not named to the outbox, their events are free for a worker that does.
// The checkpoints stay, for a later worker on this store.
void Runner::Parts::leave_to_others(std::vector<UnfinishedRun>& unfinished) {
  const std::size_t left = std::erase_if(
      unfinished, [&](const UnfinishedRun& run) { return find_workflow(workflows_, run.workflow) == nullptr; });
  if (left == 0) return;
  const std::string count = std::to_string(left);
  ports_.observer.on({.kind = NoticeKind::kRunsLeft,
                      .run_id = {},
                      .workflow = {},
                      .step = {},
                      .key = {},
                      .subject = {},
                      .detail = count});
}

// That the store gave way is kept before this process ends: whoever starts it again meets a refusal, for as long as the
// worker on the other copy lives, and takes nothing from it.
Registered Runner::Parts::register_store(const Registration& registration) try {
  Registered registered = ports_.outbox.open(registration);
  if (registration.lost_to != 0) ports_.checkpoints.give_way(0);
  return registered;
} catch (const StoreCopiedError& error) {
  if (registration.lost_to != error.epoch()) ports_.checkpoints.give_way(error.epoch());
  throw;
}

void Runner::Parts::open() {
  Recovered recovered = ports_.checkpoints.recover();
  arrivals_.number_from(recovered.next_run);
  leave_to_others(recovered.unfinished);
  Registration registration{recovered.store_id, {}, {}, recovered.lost_to};
  for (const UnfinishedRun& run : recovered.unfinished)
    if (run.waiting)
      registration.waiting.push_back({run.run_id, run.position});
    else
      registration.moving.push_back(run.run_id);
  const Timestamp asked_at = now();
  const Registered registered = register_store(registration);
  heartbeat_.leased(asked_at);
  pruning_.start(asked_at);
  const std::set<std::string> foreign(registered.foreign.begin(), registered.foreign.end());
  for (const UnfinishedRun& run : recovered.unfinished) {
    if (foreign.contains(run.run_id))
      arrivals_.supersede(run.run);
    else if (run.waiting)
      parking_.park(run.run, std::min(run.wake_at, asked_at + longest_wait()));
  }
}

// A run that was parked under a wrong wall clock must not sleep for years; one that wakes too early parks again.
Duration Runner::Parts::longest_wait() const {
  Duration longest{0};
  for (const WorkflowDefinition& workflow : workflows_)
    for (const StepBase* step : workflow.steps) longest = std::max(longest, retry_of(workflow, *step).longest);
  return longest;
}

void Runner::Parts::delivered(std::vector<Arrival> arrivals) {
  for (Arrival& arrival : arrivals) {
    pruning_.event_came(arrival.event.created_at);
    arrivals_.arrive(std::move(arrival));
  }
}

void Runner::Parts::throw_if_over() const {
  for (const std::string* lost : {&dispatch_.lease_lost(), &intake_.lease_lost(), &archiver_.lease_lost(),
                                  &heartbeat_.lease_lost(), &marks_.lease_lost()})
    if (!lost->empty()) throw LeaseLostError(*lost);
  for (const std::string* refusal : {&journal_.refusal(), &intake_.store_refusal(), &parking_.store_refusal()})
    if (!refusal->empty()) throw RefusedError(*refusal);
}

void Runner::Parts::throw_if_hung() const {
  if (options_.hang_after.count() == 0) return;
  for (const StepQueue& queue : queues_) {
    const auto oldest = queue.oldest_call();
    if (!oldest || now() - *oldest < options_.hang_after + queue.step().options().longest_call) continue;
    throw HungError("a call of " + queues_.name_of(queue) + " has been out for " + seconds(now() - *oldest) +
                    " and will not come back; its events: " + runs_.events_of_call(queue.step(), *oldest));
  }
  throw_if_lane_hangs();
}

void Runner::Parts::throw_if_lane_hangs() const {
  for (const auto& [lane, what] : {std::pair{kClaimLane, "claim events from the outbox"},
                                   {kFinishLane, "archive events in the outbox"},
                                   {kRenewLane, "renew the leases in the outbox"},
                                   {kCheckpointLane, "read or write checkpoints"}}) {
    const auto oldest = lanes_.oldest(lane);
    if (!oldest || now() - *oldest < options_.hang_after + kLongestPortCall) continue;
    throw HungError(std::string("a call to ") + what + " has been out for " + seconds(now() - *oldest) +
                    " and will not come back");
  }
}

// The order matters in one place: what has ended is archived and what has settled is committed before more is claimed.
void Runner::Parts::turn(Duration at_most) {
  lanes_.poll(until_next_due(at_most));
  throw_if_over();
  throw_if_hung();
  outages_.turn(lease_holds());
  if (!draining_) life_.look_again();
  parking_.release_held(room_to_wake());
  if (held_moves() && !intake_.busy() && life_.moving() == 0) life_.wake_held();
  if (!draining_) parking_.wake_due(room_to_wake());
  if (may_dispatch()) dispatch_.turn();
  journal_.flush(now());
  heartbeat_.turn(now());
  archiver_.turn(now());
  reporting_.turn(now());
  if (!draining_) marks_.turn(now());
  const bool moving = life_.moving() > 0 || held_moves();
  if (draining_ && !moving && journal_.empty() && archiver_.empty())
    intake_.release();
  else
    claim();
  if (!draining_) pruning_.turn(now());
}

// What is held for its last delivery is to go on; in a drain only if it was just delivered and does not merely wait.
bool Runner::Parts::held_moves() const {
  return quarantine_.held() && !(draining_ && quarantine_.held()->status == RunStatus::kWaiting);
}

Occupancy Runner::Parts::occupancy() const {
  return {.runs = life_.moving(),
          .weight = runs_.weight(),
          .woken = runs_.woken() + parking_.loading(),
          .payloads = runs_.payloads() + archiver_.payloads(),
          .parked = parking_.parked(),
          .coming = intake_.coming(),
          .closed = quarantine_.closed()};
}

std::size_t Runner::Parts::room_to_claim() const {
  return !draining_ && may_dispatch() ? window_.room_to_claim(occupancy()) : 0;
}

void Runner::Parts::claim() {
  ClaimLimits limits{.max = static_cast<int>(room_to_claim()),
                     .deliveries_max = options_.deliveries_max,
                     .moving = quarantine_.beside(life_.moving())};
  limits.bytes = std::min(limits.bytes, static_cast<std::int64_t>(window_.payloads_left(occupancy())));
  intake_.turn(now(), limits, options_.idle_wait);
}

Duration Runner::Parts::until_next_due(Duration at_most) const {
  const Timestamp at = now();
  Timestamp next = at + at_most;
  const auto consider = [&](const std::optional<Timestamp>& when) { next = std::min(next, when.value_or(next)); };
  if (!draining_) consider(runs_.look_at());
  if (room_to_wake() > 0) {
    if (!draining_) consider(parking_.wake_due_at());
    consider(parking_.held_due_at());
  }
  if (may_dispatch()) consider(dispatch_.due_at());
  for (const StepQueue& queue : queues_) consider(queue.look_at());
  consider(intake_.due_at(at, room_to_claim()));
  consider(archiver_.due_at(at));
  if (!draining_) consider(marks_.due_at());
  consider(heartbeat_.due_at());
  consider(journal_.due_at(at));
  return std::max(next - at, Duration{0});
}

bool Runner::Parts::idle() const {
  return intake_.found_nothing() && life_.moving() == 0 && parking_.parked() == 0 && !quarantine_.held() &&
         journal_.empty() && archiver_.empty();
}

RunnerStatus Runner::Parts::status() const {
  RunnerStatus status;
  status.claimed = arrivals_.claimed();
  status.done = life_.ends().done;
  status.done_with_note = life_.ends().done_with_note;
  status.failed = life_.ends().failed;
  status.cancelled = life_.ends().cancelled;
  status.attempts_failed = dispatch_.attempts_failed();
  status.checkpoint_groups = journal_.groups();
  status.moving = life_.moving();
  status.waiting = parking_.parked() + quarantine_.held().has_value();
  for (StepReport& report : reporting_.reports(now()))
    if (!report.reason.empty())
      status.open_circuits.push_back(
          {std::move(report.step), std::move(report.reason), report.paused_since, report.next_probe_at, report.held});
  status.outbox_error = outages_.outbox_error(lease_holds());
  status.checkpoints_error = outages_.store_error();
  return status;
}

Measures Runner::Parts::measures() {
  Measures measures{.claims = intake_.measures(), .commits = journal_.measures(), .misfits = life_.misfits()};
  for (const WorkflowDefinition& workflow : workflows_) {
    measures.workflows.push_back({workflow.name, life_.measures_of(workflow.name)});
    for (const StepBase* step : workflow.steps) {
      StepQueue& queue = queues_.of(*step);
      measures.executions.push_back({workflow.name, queues_.name_of(queue), queue.counts_of(&workflow)});
    }
  }
  for (const StepQueue& queue : queues_)
    measures.steps.push_back({queues_.name_of(queue), queue.calls(), parking_.held(queue.step())});
  return measures;
}

}  // namespace pawl::engine
