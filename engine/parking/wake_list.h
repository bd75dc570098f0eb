// Which parked runs to wake, and when: all that memory holds of a run that waits.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <queue>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "engine/authoring/step.h"
#include "engine/dispatch/refusals.h"
#include "engine/ports/checkpoints.h"

namespace pawl::engine {

/// Twenty-four bytes a run that waits for one thing. One that waits for several (a retry that is due, steps
/// that are paused) is listed under each and wakes for whichever comes first; what is left of it elsewhere is stale.
class WakeList {
 public:
  struct HeldBy {
    const StepBase* step;
    Refusals::Mark mark;  ///< Of the best probe among what the step holds of the run.
  };

  void at(Timestamp when, RunNumber run) { park(run, when, {}); }
  /// Until `when`, or until one of these steps lets it through.
  void park(RunNumber run, std::optional<Timestamp> when, std::span<const HeldBy> held_by) {
    const Ticket ticket = when.has_value() + held_by.size() > 1 || left_early_.contains(run) ? ++last_ticket_ : 0;
    if (ticket && !several_.insert_or_assign(run, ticket).second) --size_;  // it came back another way
    if (when) timed_.push({*when, {run, ticket}});
    for (const HeldBy& held : held_by) held_[held.step].push_back({{run, ticket}, held.mark});
    ++size_;
  }

  /// A run that waits wakes now, whatever it waits for.
  void wake(RunNumber run, Timestamp now) {
    if (!several_.contains(run)) left_early_.insert(run);
    several_[run] = ++last_ticket_;
    timed_.push({now, {run, last_ticket_}});
  }

  /// Wakes at most so many of those that a step holds, the longest held first; returns how many.
  std::size_t release(const StepBase* step, std::size_t limit, Timestamp now) {
    auto& runs = held_[step];
    std::size_t released = 0;
    for (; released < limit && !runs.empty(); runs.pop_front()) {
      if (!leaves(runs.front().entry)) continue;
      wakes(runs.front().entry.run, now);
      ++released;
    }
    return released;
  }
  /// Wakes one of the best rank, if that is at most `worst`: of the tenant that has not probed for longest, the longest
  /// held. Returns the best rank that is held.
  Refusals::Rank release_probe(const StepBase* step, Refusals& refusals, Refusals::Rank worst, Timestamp now) {
    auto& runs = held_[step];
    std::erase_if(runs, [&](const Held& held) { return drops(held.entry); });
    const auto rank_of = [&](const Held& held) { return refusals.rank(held.mark); };
    const auto order = [&](const Held& held) { return std::pair(rank_of(held), refusals.last_probe(held.mark)); };
    const auto best = std::ranges::min_element(runs, {}, order);
    if (best == runs.end()) return Refusals::Rank::kNone;
    const Refusals::Rank rank = rank_of(*best);
    if (rank > worst || !leaves(best->entry)) return rank;
    wakes(best->entry.run, now);
    refusals.begin_probe(best->mark);
    runs.erase(best);
    return rank;
  }
  /// How many a step holds, stale ones included.
  std::size_t held(const StepBase* step) const {
    const auto runs = held_.find(step);
    return runs == held_.end() ? 0 : runs->second.size();
  }

  /// At most `limit` runs that are due.
  std::vector<RunNumber> take(Timestamp now, std::size_t limit) {
    std::vector<RunNumber> due;
    for (; due.size() < limit && !timed_.empty() && timed_.top().first <= now; timed_.pop())
      if (leaves(timed_.top().second)) due.push_back(timed_.top().second.run);
    return due;
  }
  std::optional<Timestamp> next() const {
    if (timed_.empty()) return std::nullopt;
    return timed_.top().first;
  }
  /// Runs that wait.
  std::size_t size() const { return size_; }

 private:
  using Ticket = std::uint64_t;
  struct Entry {
    RunNumber run;
    Ticket ticket;  ///< 0: the run is listed once.
    auto operator<=>(const Entry&) const = default;
  };
  struct Held {
    Entry entry;
    Refusals::Mark mark;
  };
  using Timed = std::pair<Timestamp, Entry>;

  void wakes(RunNumber run, Timestamp now) {
    const Ticket ticket = left_early_.contains(run) ? ++last_ticket_ : 0;
    if (ticket) several_[run] = ticket;
    timed_.push({now, {run, ticket}});
    ++size_;
  }
  // True of what an earlier wake has left behind. A run that left its one place early has another only by ticket.
  bool drops(const Entry& entry) {
    if (!entry.ticket) return left_early_.erase(entry.run) > 0;
    const auto current = several_.find(entry.run);
    return current == several_.end() || current->second != entry.ticket;
  }

  bool leaves(const Entry& entry) {
    if (drops(entry)) return false;
    if (entry.ticket) several_.erase(entry.run);
    --size_;
    return true;
  }

  std::priority_queue<Timed, std::vector<Timed>, std::greater<>> timed_;
  std::map<const StepBase*, std::deque<Held>> held_;
  std::unordered_map<RunNumber, Ticket> several_;
  std::unordered_set<RunNumber> left_early_;  ///< Woken from the one place that they had, which is still to be dropped.
  Ticket last_ticket_ = 0;
  std::size_t size_ = 0;
};

}  // namespace pawl::engine
