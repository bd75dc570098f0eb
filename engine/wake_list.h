// Which parked runs to wake, and when: all that memory holds of a run that waits.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <vector>

#include "engine/checkpoints.h"
#include "engine/step.h"

namespace pawl::engine {

/// Eight to sixteen bytes a run.
class WakeList {
 public:
  void at(Timestamp when, RunNumber run) { timed_.push({when, run}); }
  /// Until the circuit of this step lets it through.
  void held(const StepBase* step, RunNumber run) { held_[step].push_back(run); }

  /// One run for a circuit that wants a probe: in turn, so that one that always fails does not stand for all.
  void probe(const StepBase* step, Timestamp now) {
    auto& runs = held_[step];
    if (runs.empty()) return;
    at(now, runs.front());
    runs.pop_front();
  }
  /// Everyone, when the circuit closed.
  void release(const StepBase* step, Timestamp now) {
    for (const RunNumber run : held_[step]) at(now, run);
    held_.erase(step);
  }

  /// At most `limit` runs that are due.
  std::vector<RunNumber> take(Timestamp now, std::size_t limit) {
    std::vector<RunNumber> due;
    while (due.size() < limit && !timed_.empty() && timed_.top().first <= now) {
      due.push_back(timed_.top().second);
      timed_.pop();
    }
    return due;
  }
  std::optional<Timestamp> next() const {
    if (timed_.empty()) return std::nullopt;
    return timed_.top().first;
  }
  std::size_t size() const {
    std::size_t total = timed_.size();
    for (const auto& [step, runs] : held_) total += runs.size();
    return total;
  }

 private:
  using Entry = std::pair<Timestamp, RunNumber>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> timed_;
  std::map<const StepBase*, std::deque<RunNumber>> held_;
};

}  // namespace pawl::engine
