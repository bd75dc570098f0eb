// Begins calls and delivers reports one at a time, so that anything may happen between two of them.
#include "tests/simulation/world/timed_lanes.h"

#include <algorithm>

namespace pawl::simulation {

using std::chrono::microseconds;
using std::chrono::seconds;

void TimedLanes::submit(engine::LaneId lane, std::function<void()> work, std::function<void()> report) {
  if (stopped_) return;
  const Duration idle = microseconds{world_.random.between(0, 3) * 500};
  calls_.push_back({lane, std::move(work), std::move(report), world_.now, world_.now + idle});
}

std::size_t TimedLanes::running(engine::LaneId lane) const {
  return static_cast<std::size_t>(
      std::count_if(calls_.begin(), calls_.end(), [&](const Call& call) { return call.begun && call.lane == lane; }));
}

// Of each lane the first that waits, if a thread is free; of all reports the oldest, as they come through one queue.
std::vector<TimedLanes::Calls::iterator> TimedLanes::ready() {
  std::vector<Calls::iterator> found;
  std::vector<bool> seen(lanes_.size(), false);
  auto report = calls_.end();
  for (auto call = calls_.begin(); call != calls_.end(); ++call) {
    if (call->begun) {
      if (report == calls_.end() || call->at < report->at) report = call;
    } else if (!seen[call->lane]) {
      seen[call->lane] = true;
      if (running(call->lane) < lanes_[call->lane].threads) {
        next_ = std::min(next_, call->at);
        if (call->at <= world_.now) found.push_back(call);
      }
    }
  }
  if (report == calls_.end()) return found;
  next_ = std::min(next_, report->at);
  if (report->at <= world_.now) found.push_back(report);
  return found;
}

void TimedLanes::poll(Duration at_most) {
  next_ = world_.now + at_most;
  const auto found = ready();
  busy_ = !found.empty();
  if (found.empty()) return;
  const auto call = found[static_cast<std::size_t>(world_.random.between(0, static_cast<int>(found.size()) - 1))];
  if (call->begun)
    end(call);
  else
    begin(call);
}

void TimedLanes::begin(Calls::iterator call) {
  if (world_.strike(Fault::kCrashBeforeCall, process_, lanes_[call->lane].name)) throw Killed{Fault::kCrashBeforeCall};
  world_.note(process_, "call", lanes_[call->lane].name);
  took_ = microseconds{world_.random.between(0, 4) * 250};
  sleeps_ = false;
  asked_at_ = call->asked_at;
  call->begun = true;
  call->work();
  require_alive();
  if (world_.strike(Fault::kSlowCall, process_)) took_ += world_.random.duration(seconds{1}, seconds{20});
  call->sleeping = sleeps_;
  call->at = world_.now + took_;
  if (world_.strike(Fault::kCrashAfterCall, process_)) throw Killed{Fault::kCrashAfterCall};
}

void TimedLanes::end(Calls::iterator call) {
  const Call ended = std::move(*call);
  calls_.erase(call);
  ended.report();
}

void TimedLanes::sleep(Duration at_most) {
  took_ += at_most;
  sleeps_ = true;
}

void TimedLanes::ring() {
  for (Call& call : calls_)
    if (call.begun && std::exchange(call.sleeping, false)) call.at = world_.now;
}

void TimedLanes::stop(const std::function<void()>& interrupt) {
  interrupt();
  stopped_ = true;
  calls_.clear();
}

}  // namespace pawl::simulation
