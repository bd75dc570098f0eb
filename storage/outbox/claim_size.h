// How many bytes of payloads to ask for at once: pure bookkeeping, no database.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/ports/outbox.h"

namespace pawl::storage {

/// After a failure, which may be an answer that was too much for the line or for memory, one event alone is asked for,
/// and then sixteen times as many bytes with each answer: up to a quarter of what failed, which doubles now and then.
/// One that fails alone is compared with itself without its payload: if that arrives twice where the whole does not,
/// the payload is to blame, and not a server that is silent for a while.
class ClaimSize {
 public:
  static constexpr std::int64_t kMost = engine::ClaimLimits{}.bytes;
  static constexpr int kGrowsAfter = 32;                  ///< So many answers in a row at the limit double it.
  static constexpr int kAloneAtMost = 2;                  ///< Failures of one event alone before its size is asked for.
  static constexpr std::int64_t kAlwaysArrives = 65'536;  ///< Smaller payloads are not to blame.

  std::int64_t bytes() const { return bytes_; }
  /// Of larger payloads only the size is asked for.
  std::int64_t payload_max() const {
    if (!sizes_only()) return engine::kPayloadMax;
    return unreadable_ ? 0 : kAlwaysArrives;
  }

  /// `slow`: an answer may have been under way.
  void failed(bool slow) {
    if (!slow) return;
    alone_ += bytes_ == 1;
    limit_ = std::max<std::int64_t>(bytes_ / 4, 1);
    bytes_ = 1;
    answers_ = 0;
  }
  /// The server cannot make text of a payload: bytes that are none in the database's encoding. Which one's, is found by
  /// asking for one alone.
  void unreadable() {
    unreadable_ = bytes_ == 1;
    if (unreadable_) alone_ = kAloneAtMost;
    bytes_ = limit_ = 1;
    answers_ = 0;
  }
  /// An answer with a payload left out: true if that is to blame. If not yet, the whole is to be asked for again.
  bool left_out() {
    alone_ = kAloneAtMost - 1;
    return ++compared_ >= 2;
  }
  void answered() {
    alone_ = compared_ = 0;
    unreadable_ = false;
    if (bytes_ < limit_) {
      bytes_ = std::min(bytes_ * 16, limit_);
    } else if (++answers_ >= kGrowsAfter) {
      answers_ = 0;
      limit_ = std::min(limit_ * 2, kMost);
    }
  }

 private:
  bool sizes_only() const { return alone_ >= kAloneAtMost; }

  std::int64_t bytes_ = kMost;
  std::int64_t limit_ = kMost;
  int answers_ = 0;
  int alone_ = 0;
  int compared_ = 0;
  bool unreadable_ = false;
};

}  // namespace pawl::storage
