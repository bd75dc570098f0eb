// Whose events may be claimed before those ahead of them: pure bookkeeping, no database.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace pawl::storage {

/// Events are claimed in order of position. But when a few keys (tenants) have a long queue and fill the claims, part
/// of each claim goes to events of other keys: a scan passes over the waiting events once, a bounded window a claim,
/// and takes those whose key is not hot. At the end of the queue it stays there, where new events arrive; from time to
/// time it passes again, for late commits and for keys that have cooled down. Looking at the end and passing again are
/// each so rare that they take a fiftieth of the time at most, yet no rarer than
/// a second and half a minute: a look that took long may have been the machine's fault.
class TenantFairness {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::size_t kRecent = 1000;       ///< Claims that are remembered.
  static constexpr std::size_t kHot = kRecent / 50;  ///< A key with as many of them is hot; so at most 50 are.
  static constexpr int kWindow = 50'000;             ///< Positions that one scan looks at.
  static constexpr int kPassShare = 50;
  static constexpr std::chrono::seconds kLookAtLeastEvery{1};
  static constexpr std::chrono::seconds kPassAtMostEvery{1};
  static constexpr std::chrono::seconds kPassAtLeastEvery{30};

  /// An event of this key was claimed.
  void claimed(const std::string& key) {
    recent_.push_back(key);
    if (++counts_[key] == kHot) hot_.push_back(key);
    if (recent_.size() > kRecent) forget_oldest();
  }

  const std::vector<std::string>& hot() const { return hot_; }

  /// How many of a claim of `max` go to tenants other than the hot ones: half, and by turns the odd one.
  int share(int max) {
    odd_ = !odd_;
    return (max + odd_) / 2;
  }

  /// Whether to scan now.
  bool due(Time now) const { return now >= next_look_; }

  /// Look above this position.
  std::int64_t mark() const { return mark_; }

  /// A scan looked as far as `last`; `ended` says that it came to the end of the queue.
  void scanned(Time started, Time now, std::int64_t last, bool ended) {
    mark_ = std::max(mark_, last);
    spent_ += now - started;
    if (!ended) return;
    next_look_ = now + std::min<Time::duration>((now - started) * kPassShare, kLookAtLeastEvery);
    if (next_pass_ == Time::max())
      next_pass_ = now + std::clamp<Time::duration>(spent_ * kPassShare, kPassAtMostEvery, kPassAtLeastEvery);
    if (now < next_pass_) return;
    start_over();
  }

  /// There is no queue any more.
  void start_over() {
    mark_ = 0;
    spent_ = {};
    next_look_ = Time::min();
    next_pass_ = Time::max();
  }

 private:
  void forget_oldest() {
    const auto count = counts_.find(recent_.front());
    if (count->second-- == kHot) std::erase(hot_, recent_.front());
    if (count->second == 0) counts_.erase(count);
    recent_.pop_front();
  }

  std::deque<std::string> recent_;
  std::unordered_map<std::string, std::size_t> counts_;
  std::vector<std::string> hot_;
  bool odd_ = false;
  std::int64_t mark_ = 0;
  Time::duration spent_{};
  Time next_look_ = Time::min();
  Time next_pass_ = Time::max();  ///< Set when the end was reached.
};

}  // namespace pawl::storage
