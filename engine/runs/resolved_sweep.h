// Finds old failed runs that nobody can resume any more, and deletes them from a store.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/checkpoints.h"

namespace pawl::engine {

/// Used by one thread at a time, in rounds of find, ask and forget over the failed runs by their numbers, some at once.
/// The three calls may be made on different threads. One that throws may be followed by the next round.
class ResolvedSweep {
 public:
  static constexpr std::size_t kAtOnce = 1000;

  /// Looks for the next failed runs that ended before then. Throws as the store does.
  void find(Checkpoints& store, Timestamp before) {
    const RunNumber above = failed_.size() < kAtOnce ? 0 : failed_.back().run;
    failed_.clear();
    resolved_.clear();
    failed_ = store.failed(before, above, kAtOnce);
  }
  bool found_any() const { return !failed_.empty(); }

  /// `resolved` says of runs' ids which nobody can resume, as Outbox::resolved does, and may throw.
  template <class Resolved>
  void ask(Resolved resolved) {
    std::vector<std::string> ids;
    for (const FailedRun& run : failed_) ids.push_back(run.id);
    const std::vector<std::string> answer = resolved(ids);
    const std::set<std::string> gone(answer.begin(), answer.end());
    for (const FailedRun& run : failed_)
      if (gone.contains(run.id)) resolved_.push_back(run.run);
  }
  bool resolved_any() const { return !resolved_.empty(); }

  /// How many were deleted. Throws as the store does.
  std::size_t forget(Checkpoints& store) const { return store.forget(resolved_); }

  /// Whether the next find() looks further, and does not begin anew.
  bool is_more() const { return failed_.size() == kAtOnce; }

 private:
  std::vector<FailedRun> failed_;
  std::vector<RunNumber> resolved_;
};

}  // namespace pawl::engine
