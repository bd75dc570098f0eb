// Batches of finished events, one at a time.
#include "engine/runtime/archiver.h"

#include <algorithm>
#include <iterator>

#include "engine/authoring/errors.h"

namespace pawl::engine {

namespace {

// Under load a call rests for so many times as long as it took, while its next batch fills: at most a fifth of the
// time goes into it. A call that nothing came before waits for nothing, and none for long after a slow one.
// Gain: 10 % of Postgres' CPU time over SMTP.
constexpr int kRest = 4;
constexpr Duration kRestMost = std::chrono::milliseconds{250};

}  // namespace

Archiver::Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, std::size_t batch_max, Jitter& jitter)
    : outbox_(outbox),
      lanes_(lanes),
      lane_(lane),
      clock_(clock),
      batch_max_(batch_max),
      limit_(batch_max),
      backoff_(jitter) {}

void Archiver::perform(Outbox& outbox, Call& call) try {
  outbox.finish(call.events);
} catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // kept and repeated: finishing twice is harmless
  call.error = error.what();
}

void Archiver::turn(Timestamp now) {
  if (due_at(now).value_or(Timestamp::max()) > now) return;
  const auto count = static_cast<std::ptrdiff_t>(std::min(pending_.size(), limit_));
  const auto call = std::make_shared<Call>();
  call->began = now;
  call->events.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.begin() + count));
  pending_.erase(pending_.begin(), pending_.begin() + count);
  busy_ = true;
  lanes_.submit(
      lane_, [&outbox = outbox_, call] { perform(outbox, *call); }, [this, call] { performed(call); });
}

std::optional<Timestamp> Archiver::due_at(Timestamp now) const {
  if (busy_ || pending_.empty()) return std::nullopt;
  if (backoff_.down()) return std::max(now, backoff_.retry_at());
  return pending_.size() >= limit_ ? now : std::max(now, rested_at_);
}

// What fails goes behind what has not been tried since, in ever smaller batches: an event that is refused by itself is
// alone in the end.
void Archiver::performed(const std::shared_ptr<Call>& call) {
  busy_ = false;
  rested_at_ = clock_.now() + std::min<Duration>(kRest * (clock_.now() - call->began), kRestMost);
  if (call->lost) {
    lost_ = call->error;
  } else if (!call->error.empty()) {
    backoff_.failed(call->error, clock_.now());
    limit_ = std::max<std::size_t>(call->events.size() / 2, 1);
    pending_.insert(pending_.end(), std::make_move_iterator(call->events.begin()),
                    std::make_move_iterator(call->events.end()));
  } else {
    backoff_.answered();
    limit_ = std::min(limit_ * 2, batch_max_);
  }
}

}  // namespace pawl::engine
