// A step that deletes as many as it may is followed by another at once.
#include "engine/runtime/store_pruning.h"

#include <exception>
#include <memory>

#include "engine/faults/crash_point.h"

namespace pawl::engine {

void StorePruning::turn(Timestamp now) {
  const bool off = retention_.count() == 0 || newest_event_ == Timestamp{};
  if (off || busy_ || now < prune_at_) return;
  busy_ = true;
  const auto pruned = std::make_shared<std::size_t>(0);
  lanes_.submit(
      lane_,
      [&store = store_, before = std::min(now, newest_event_) - retention_, pruned] {
        try {
          crash_point(CrashPoint::kBeforePruned);
          *pruned = store.prune(before, kAtOnce);
          crash_point(CrashPoint::kAfterPruned);
        } catch (const std::exception&) {  // nothing depends on it; the journal reports a broken store
        }
      },
      [this, pruned] {
        busy_ = false;
        if (*pruned < kAtOnce) prune_at_ = clock_.now() + kEvery;
      });
}

}  // namespace pawl::engine
