// The turns of the engine's thread.
#include "engine/runtime/runner.h"

#include <algorithm>
#include <set>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "engine/runtime/runner_parts.h"
#include "engine/runtime/step_names.h"

namespace pawl::engine {

namespace {

constexpr Duration kPruneEvery = std::chrono::hours{1};
constexpr std::size_t kPruneAtOnce = 1000;
constexpr std::size_t kNamedAtMost = 10;

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
                                       names_of(workflows_), std::min(options.claim_max, options.moving_max) / 4,
                                       [this](std::vector<Arrival> arrivals) { arrive(std::move(arrivals)); })),
      loads_(jitter_) {
  LaneId lane = kFirstStepLane;
  for (const auto& [step, name] : named_steps(workflows_)) {
    queues_.push_back(std::make_unique<StepQueue>(*step, lane++, options_.moving_max));
    queue_by_step_[step] = queues_.back().get();
    step_names_[step] = name;
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
  prune_at_ = asked_at;  // not an hour later: a worker that is restarted more often would never prune
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
  for (const WorkflowDefinition& workflow : workflows_)
    for (const StepBase* step : workflow.steps) longest = std::max(longest, retry_of(workflow, *step).longest);
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
    throw HungError("a call of " + step_names_.at(&queue->step()) + " has been out for " + seconds(now() - *oldest) +
                    " and will not come back; its events: " + events_of_call(*queue, *oldest));
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

std::string Runner::Parts::events_of_call(const StepQueue& queue, Timestamp taken_at) const {
  std::set<std::string> events;
  for (const auto& [number, run] : runs_)
    for (const auto& [name, execution] : run->executions)
      if (execution->phase() == Execution::Phase::kInFlight && execution->started_at == taken_at &&
          execution->step == &queue.step())
        events.insert(run->stored.event.id);
  std::string names;
  std::size_t named = 0;
  for (auto event = events.begin(); event != events.end() && named < kNamedAtMost; ++event, ++named)
    names += (names.empty() ? "" : ", ") + *event;
  return events.size() > named ? names + " and " + std::to_string(events.size() - named) + " more" : names;
}

// The order matters in one place: what has ended is archived and what has settled is committed before more is claimed.
void Runner::Parts::turn(Duration at_most) {
  lanes_.poll(until_next_due(at_most));
  throw_if_over();
  throw_if_hung();
  report_ports();
  look_again();
  release_held();
  wake_last_delivery();
  wake_due();
  dispatch();
  journal_.flush(now());
  heartbeat_.turn(now());
  archiver_.turn(now());
  const bool moving = !runs_.empty() || waking_ > 0 || last_delivery_moves();
  if (draining_ && !moving && journal_.empty() && archiver_.empty())
    intake_->release();
  else
    claim();
  prune_if_due();
}

// Runs of many items leave an eighth of the window to others, however many items they have.
std::size_t Runner::Parts::room() const {
  if (last_delivery_ || !quarantine().admits(kNoQuarantine)) return 0;
  const auto left_of = [](std::size_t window, std::size_t taken) { return window - std::min(window, taken); };
  const std::size_t runs = runs_.size() + waking_;
  return std::max(left_of(options_.moving_max, runs + weight_), left_of(options_.moving_max / 8, runs));
}

std::size_t Runner::Parts::room_to_claim() const {
  const bool can_write = !journal_.backoff().down() && payloads_ < options_.payloads_max;
  const bool wanted = !draining_ && can_write && heartbeat_.lease_holds(now()) && wakes_.size() < options_.waiting_max;
  return wanted ? std::min(room(), options_.claim_max) : 0;
}

Quarantine Runner::Parts::quarantine() const {
  return {runs_.size() + waking_, suspects_.size(), suspects_.empty() ? kNoQuarantine : *suspects_.begin()};
}

void Runner::Parts::claim() {
  ClaimLimits limits{
      .max = static_cast<int>(room_to_claim()), .deliveries_max = options_.deliveries_max, .quarantine = quarantine()};
  limits.bytes = std::min(
      limits.bytes, static_cast<std::int64_t>(options_.payloads_max - std::min(payloads_, options_.payloads_max)));
  intake_->turn(now(), limits, options_.idle_wait);
}

// Two clocks have to agree that a run is old: this host's, and that of Postgres as the newest event shows it. One that
// is years ahead would have every run forgotten at once.
void Runner::Parts::prune_if_due() {
  const bool off = options_.retention.count() == 0 || newest_event_ == Timestamp{};
  if (off || pruning_ || draining_ || now() < prune_at_) return;
  pruning_ = true;
  const auto pruned = std::make_shared<std::size_t>(0);
  lanes_.submit(
      kCheckpointLane,
      [&store = ports_.checkpoints, before = std::min(now(), newest_event_) - options_.retention, pruned] {
        try {
          crash_point(CrashPoint::kBeforePruned);
          *pruned = store.prune(before, kPruneAtOnce);
          crash_point(CrashPoint::kAfterPruned);
        } catch (const std::exception&) {  // nothing depends on it; the journal reports a broken store
        }
      },
      [this, pruned] {
        pruning_ = false;
        if (*pruned < kPruneAtOnce) prune_at_ = now() + kPruneEvery;
      });
}

void Runner::Parts::report_ports() {
  report_outbox();
  const std::string& store_error = this->store_error();
  if (store_error.empty() == std::exchange(store_was_down_, !store_error.empty()))
    notify(store_error.empty() ? NoticeKind::kCheckpointsUp : NoticeKind::kCheckpointsDown, store_error);
}

// One line an outage, however many calls it fails; but what fails on, or anew, after the call that was told of has come
// back is another trouble, and told as well.
void Runner::Parts::report_outbox() {
  const std::string error = outbox_error();
  const bool down = !error.empty();
  if (down != std::exchange(outbox_was_down_, down)) {
    notify(down ? NoticeKind::kOutboxDown : NoticeKind::kOutboxUp, error);
    outbox_reported_ = {failing_call(), std::nullopt};
    return;
  }
  const Backoff* const failing = failing_call();
  if (failing == nullptr || (outbox_reported_.call != nullptr && outbox_reported_.call->down())) return;
  if (!outbox_reported_.other_retry_at) outbox_reported_.other_retry_at = failing->retry_at();
  if (*outbox_reported_.other_retry_at == failing->retry_at()) return;
  notify(NoticeKind::kOutboxDown, failing->error());
  outbox_reported_ = {failing, std::nullopt};
}

const Backoff* Runner::Parts::failing_call() const {
  for (const Backoff* call : {&intake_->backoff(), &archiver_.backoff(), &heartbeat_.backoff()})
    if (call->down()) return call;
  return nullptr;
}

const std::string& Runner::Parts::store_error() const {
  for (const Backoff* backoff : {&journal_.backoff(), &intake_->store_backoff()})
    if (backoff->down()) return backoff->error();
  return loads_.error();
}

std::string Runner::Parts::outbox_error() const {
  if (const Backoff* failing = failing_call()) return failing->error();
  return heartbeat_.lease_holds(now()) ? "" : "renew leases: no answer in time; no effect is started until it comes";
}

Duration Runner::Parts::until_next_due(Duration at_most) const {
  const Timestamp at = now();
  Timestamp next = at + at_most;
  const auto consider = [&](const std::optional<Timestamp>& when) { next = std::min(next, when.value_or(next)); };
  if (!draining_ && room_to_wake() > 0 && !loads_.waits(at)) consider(wakes_.next());
  if (!draining_ && !look_again_at_.empty()) consider(look_again_at_.begin()->first);
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
  return intake_->found_nothing() && runs_.empty() && waking_ == 0 && wakes_.size() == 0 && !last_delivery_ &&
         journal_.empty() && archiver_.empty();
}

RunnerStatus Runner::Parts::status() const {
  RunnerStatus status = counters_;
  status.checkpoint_groups = journal_.groups();
  status.moving = runs_.size() + waking_;
  status.waiting = wakes_.size() + last_delivery_.has_value();
  for (const auto& queue : queues_)
    if (!queue->circuit().closed())
      status.open_circuits.push_back({step_names_.at(&queue->step()), queue->circuit().reason()});
  status.outbox_error = outbox_error();
  status.checkpoints_error = store_error();
  return status;
}

}  // namespace pawl::engine
