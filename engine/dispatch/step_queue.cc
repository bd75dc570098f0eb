// Batches that fill under load and do not wait when idle.
#include "engine/dispatch/step_queue.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/runs/run_state.h"

namespace pawl::engine {

namespace {

// Those that come back take a moment until they are queued again and counted.
constexpr Duration kBetweenReturns = std::chrono::milliseconds{50};

// How long those of an isolated tenant that find no place stay away.
constexpr Duration kAwayFromCrowd = std::chrono::seconds{5};

}  // namespace

StepQueue::StepQueue(StepBase& step, LaneId lane, std::size_t window)
    : step_(&step),
      lane_(lane),
      batch_max_(std::max<std::size_t>(step.options().batch_max, 1)),
      runs_max_(std::max<std::size_t>(window / 2 / std::max<std::size_t>(step.options().parallelism, 1), 1)),
      keep_(std::clamp<std::size_t>(
          window / 8, 1, 4 * std::min(batch_max_, window) * std::max<std::size_t>(step.options().parallelism, 1))),
      refusals_(step.options().refused_subjects_max),
      isolation_(batch_max_) {}

Refusals::Item StepQueue::item_of(const Execution& execution) { return {execution.run->stored.run, execution.key}; }

Refusals::Mark StepQueue::mark_of(const Execution& execution) const {
  return refusals_.mark(item_of(execution), step_->tenant_of(execution), step_->destination_of(execution));
}

// While the service refuses everybody, one that it may not know yet goes at once; any other if no better one is held.
bool StepQueue::may_probe(const Execution& execution, Timestamp now, bool returning) const {
  if (!ready_.empty()) return false;
  if (!circuit_.refused()) return circuit_.admits(now);
  const Refusals::Rank rank = refusals_.rank(mark_of(execution));
  return circuit_.admits(now, rank) && (rank == Refusals::Rank::kNew || (returning && rank <= held_rank_));
}

bool StepQueue::offer(Execution& execution, Timestamp now, bool returning) {
  if (circuit_.closed() && isolation_.any())
    if (const std::string tenant = step_->tenant_of(execution); isolation_.holds(tenant))
      return offer_isolated(execution, tenant, now);
  const bool paused = !circuit_.closed() && !may_probe(execution, now, returning);
  const bool full = slow_ && ready_.size() >= (returning ? 2 * keep_ : keep_);
  execution.enter(paused || full ? Execution::Phase::kHeld : Execution::Phase::kQueued);
  if (paused || full) return false;
  ready_.push_back({&execution, now});
  return true;
}

void StepQueue::withdraw(const RunState& run) {
  std::erase_if(ready_, [&](const Ready& ready) { return ready.execution->run == &run; });
  isolation_.withdraw(run);
}

bool StepQueue::offer_isolated(Execution& execution, const std::string& tenant, Timestamp now) {
  if (isolation_.waiting() >= keep_) {
    execution.retry_at = now + kAwayFromCrowd;
    execution.enter(Execution::Phase::kBackingOff);
    execution.error = "other items of this tenant are refused, and go first";
    return false;
  }
  execution.enter(Execution::Phase::kQueued);
  isolation_.queue(execution, tenant);
  return true;
}

void StepQueue::isolate(const std::vector<std::string>& tenants) {
  for (const std::string& tenant : tenants) isolation_.isolate(tenant);
  std::erase_if(ready_, [&](const Ready& ready) {
    const std::string tenant = step_->tenant_of(*ready.execution);
    if (!isolation_.holds(tenant)) return false;
    isolation_.queue(*ready.execution, tenant);
    return true;
  });
}

std::size_t StepQueue::allowed_by_rate(Timestamp now) {
  const double rate = step_->options().rate;
  if (rate <= 0) return std::numeric_limits<std::size_t>::max();
  const double elapsed = std::chrono::duration<double>(now - refilled_at_).count();
  tokens_ = std::min(tokens_ + elapsed * rate, std::max(rate, 1.0));  // one second's worth at most
  refilled_at_ = now;
  return static_cast<std::size_t>(tokens_);
}

// Isolated tenants and all others take turns: either waits for one call of the other at most.
std::vector<Execution*> StepQueue::take(Timestamp now) {
  if (!thread_is_free() || !circuit_.admits(now)) return {};
  if (ready_.empty() && !isolation_.may_take()) return {};
  const std::size_t most = std::min(circuit_.closed() ? batch_max_ : 1, allowed_by_rate(now));
  if (most == 0) return {};
  isolated_is_next_ = isolation_.may_take() && (isolated_is_next_ || ready_.empty());
  std::vector<Execution*> batch = isolated_is_next_ ? isolation_.take(most) : take_ready(most);
  isolated_is_next_ = !isolated_is_next_;
  if (step_->options().rate > 0) tokens_ -= static_cast<double>(batch.size());
  circuit_.begin_probe(now);
  in_flight_.insert(now);
  for (Execution* execution : batch) execution->enter(Execution::Phase::kInFlight);
  return batch;
}

std::vector<Execution*> StepQueue::take_ready(std::size_t most) {
  const std::size_t count = std::min(ready_.size(), most);
  std::vector<Execution*> batch;
  batch.reserve(count);
  std::size_t runs = 0;
  for (; batch.size() < count; ready_.pop_front()) {
    Execution* const next = ready_.front().execution;
    if (batch.empty() || batch.back()->run != next->run) ++runs;
    if (runs > runs_max_) break;
    batch.push_back(next);
  }
  return batch;
}

std::vector<Execution*> StepQueue::evict() {
  std::vector<Execution*> evicted = evict_beyond(0);
  for (Execution* execution : isolation_.evict()) {
    execution->enter(Execution::Phase::kHeld);
    evicted.push_back(execution);
  }
  return evicted;
}

void StepQueue::look_at_service(Timestamp now) {
  const auto when = look_at();
  if (!when || now < *when) return;
  looked_at_ = now;
  std::string version = step_->service_version();
  if (version != std::exchange(service_version_, version)) circuit_.set_right(now);
}

std::optional<Timestamp> StepQueue::look_at() const {
  if (circuit_.closed() || circuit_.probing()) return std::nullopt;
  return looked_at_ + Circuit::kFirst;
}

std::vector<Execution*> StepQueue::evict_beyond(std::size_t kept) {
  std::vector<Execution*> evicted;
  for (std::size_t i = kept; i < ready_.size(); ++i) evicted.push_back(ready_[i].execution);
  ready_.resize(std::min(kept, ready_.size()));
  for (Execution* execution : evicted) execution->enter(Execution::Phase::kHeld);
  return evicted;
}

std::vector<Execution*> StepQueue::evict_if_slow(Timestamp now) {
  if (slow_ || ready_.empty() || now - ready_.front().since < kPatience) return {};
  slow_ = true;
  return evict_beyond(keep_);
}

std::size_t StepQueue::may_return(Timestamp now, std::size_t held, std::size_t room) {
  if (!circuit_.closed()) return 0;
  if (slow_ && held == 0 && ready_.size() <= keep_ / 2) slow_ = false;
  if (held == 0 || room == 0) return 0;
  if (!slow_) return ramp_.take(now, std::min(held, room));
  if (ready_.size() > keep_ / 2 || now < returned_at_ + kBetweenReturns) return 0;
  returned_at_ = now;
  return ramp_.take(now, std::min({held, room, keep_ - ready_.size()}));
}

std::optional<Timestamp> StepQueue::held_due_at(Timestamp now) const {
  if (circuit_.probing()) return std::nullopt;
  if (!circuit_.closed()) return ready_.empty() ? std::optional(circuit_.wants_probe_at()) : std::nullopt;
  if (slow_) return ready_.size() > keep_ / 2 ? std::nullopt : std::optional(returned_at_ + kBetweenReturns);
  return ramp_.over(now) ? now : now + kBetweenReturns;
}

// The view v1_waiting of the checkpoints reads step and reason from the first of these.
std::string StepQueue::why_held(Timestamp now) const {
  if (!circuit_.closed()) return step_->name() + " is paused: " + circuit_.reason();
  if (in_flight_.empty()) return step_->name() + " waits for its turn";
  const auto oldest = std::chrono::duration_cast<std::chrono::seconds>(now - *in_flight_.begin());
  return step_->name() + " waits for its turn: " + std::to_string(in_flight_.size()) + " of " +
         std::to_string(step_->options().parallelism) + " calls are out, the oldest for " +
         std::to_string(oldest.count()) + " s";
}

std::optional<Timestamp> StepQueue::due_at() const {
  if (ready_.empty() && !isolation_.may_take()) return std::nullopt;
  const Timestamp slow_at = slow_ || ready_.empty() ? Timestamp::max() : ready_.front().since + kPatience;
  if (!thread_is_free() || circuit_.probing()) return slow_at;
  Timestamp next = Timestamp::min();  // of what stands in the way
  if (!circuit_.closed()) next = circuit_.probe_at();
  if (const double rate = step_->options().rate; rate > 0 && tokens_ < 1)
    next = std::max(next, refilled_at_ + Duration(static_cast<Duration::rep>(std::ceil((1 - tokens_) / rate * 1e6))));
  return next == Timestamp::min() ? slow_at : std::min(slow_at, next);
}

}  // namespace pawl::engine
