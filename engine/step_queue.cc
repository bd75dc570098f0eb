// Batches that fill under load and do not wait when idle.
#include "engine/step_queue.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace pawl::engine {

bool StepQueue::offer(Execution& execution, Timestamp now) {
  if (!circuit_.admits(now) || (!circuit_.closed() && !ready_.empty())) {
    execution.phase = Execution::Phase::kHeld;
    return false;
  }
  execution.phase = Execution::Phase::kQueued;
  ready_.push_back(&execution);
  return true;
}

std::size_t StepQueue::allowed_by_rate(Timestamp now) {
  const double rate = step_->options().rate;
  if (rate <= 0) return std::numeric_limits<std::size_t>::max();
  const double elapsed = std::chrono::duration<double>(now - refilled_at_).count();
  tokens_ = std::min(tokens_ + elapsed * rate, std::max(rate, 1.0));  // one second's worth at most
  refilled_at_ = now;
  return static_cast<std::size_t>(tokens_);
}

std::vector<Execution*> StepQueue::take(Timestamp now) {
  if (ready_.empty() || in_flight_ >= step_->options().parallelism || !circuit_.admits(now)) return {};
  std::size_t count =
      std::min({ready_.size(), std::max<std::size_t>(step_->options().batch_max, 1), allowed_by_rate(now)});
  if (!circuit_.closed()) count = std::min<std::size_t>(count, 1);
  if (count == 0) return {};
  if (step_->options().rate > 0) tokens_ -= static_cast<double>(count);
  std::vector<Execution*> batch(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
  ready_.erase(ready_.begin(), ready_.begin() + static_cast<std::ptrdiff_t>(count));
  circuit_.begin_probe();
  ++in_flight_;
  for (Execution* execution : batch) execution->phase = Execution::Phase::kInFlight;
  return batch;
}

std::vector<Execution*> StepQueue::evict() {
  std::vector<Execution*> all(ready_.begin(), ready_.end());
  ready_.clear();
  for (Execution* execution : all) execution->phase = Execution::Phase::kHeld;
  return all;
}

std::optional<Timestamp> StepQueue::due_at() const {
  if (ready_.empty() || in_flight_ >= step_->options().parallelism) return std::nullopt;
  const double rate = step_->options().rate;
  if (rate <= 0 || tokens_ >= 1) return std::nullopt;
  return refilled_at_ + Duration(static_cast<Duration::rep>(std::ceil((1 - tokens_) / rate * 1e6)));
}

}  // namespace pawl::engine
