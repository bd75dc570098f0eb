// From which position a claim looks for fresh events: pure bookkeeping, no database.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>

namespace pawl::storage {

/// A mark is a shortcut, never a truth: a lower position can commit later, and freed events reappear anywhere. So
/// claims that are catching up go on from the last one; a claim that has caught up looks back over the last second,
/// where late commits usually are; and a sweep from the beginning finds all others. Sweeps come every second, or more
/// rarely if there are so many leased or dead rows to pass over that sweeping would take more than a hundredth of the
/// time: every five seconds then, or as often as takes a twentieth.
class ClaimCursor {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kLookBack{1};
  static constexpr std::chrono::seconds kRarely{5};
  static constexpr int kSweepShare = 100;
  static constexpr int kSweepShareRarely = 20;

  bool sweep_due(Time now) const { return now >= next_sweep_; }

  void swept(Time started, Time ended) {
    const Time::duration took = ended - started;
    const Time::duration rarely = std::max<Time::duration>(kRarely, took * kSweepShareRarely);
    next_sweep_ = started + std::clamp<Time::duration>(took * kSweepShare, kLookBack, rarely);
  }

  /// Look above this position.
  std::int64_t mark() const { return catching_up_ ? last_ : settled_; }

  bool catching_up() const { return catching_up_; }

  /// A claim gave events up to `last`; `full` says that it gave as many as asked for. 0: it found nothing.
  void claimed(Time now, std::int64_t last, bool full) {
    catching_up_ = full;
    while (!recent_.empty() && now - recent_.front().first >= kLookBack) {
      settled_ = recent_.front().second;
      recent_.pop_front();
    }
    if (last == 0) return;
    last_ = last;
    if (last < settled_) settled_ = last;
    while (!recent_.empty() && recent_.back().second > last) recent_.pop_back();
    recent_.emplace_back(now, last);
  }

 private:
  Time next_sweep_ = Time::min();
  std::int64_t last_ = 0;
  std::int64_t settled_ = 0;
  bool catching_up_ = false;
  std::deque<std::pair<Time, std::int64_t>> recent_;
};

}  // namespace pawl::storage
