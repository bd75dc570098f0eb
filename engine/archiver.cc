// Batches of finished events, one at a time.
#include "engine/archiver.h"

#include <algorithm>
#include <iterator>

#include "engine/errors.h"

namespace pawl::engine {

Archiver::Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, std::size_t batch_max, Jitter& jitter)
    : outbox_(outbox), lanes_(lanes), lane_(lane), clock_(clock), batch_max_(batch_max), backoff_(jitter) {}

void Archiver::perform(Outbox& outbox, Call& call) try {
  outbox.finish(call.events);
} catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // kept and repeated: finishing twice is harmless
  call.error = error.what();
}

void Archiver::turn(Timestamp now) {
  if (busy_ || pending_.empty() || (backoff_.down() && now < backoff_.retry_at())) return;
  const auto count = static_cast<std::ptrdiff_t>(std::min(pending_.size(), batch_max_));
  const auto call = std::make_shared<Call>();
  call->events.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.begin() + count));
  pending_.erase(pending_.begin(), pending_.begin() + count);
  busy_ = true;
  lanes_.submit(
      lane_, [&outbox = outbox_, call] { perform(outbox, *call); }, [this, call] { performed(call); });
}

std::optional<Timestamp> Archiver::due_at(Timestamp now) const {
  if (busy_ || pending_.empty()) return std::nullopt;
  return backoff_.down() ? std::max(now, backoff_.retry_at()) : now;
}

void Archiver::performed(const std::shared_ptr<Call>& call) {
  busy_ = false;
  if (call->lost) {
    lost_ = call->error;
  } else if (!call->error.empty()) {
    backoff_.failed(call->error, clock_.now());
    pending_.insert(pending_.end(), std::make_move_iterator(call->events.begin()),
                    std::make_move_iterator(call->events.end()));
  } else {
    backoff_.answered();
  }
}

}  // namespace pawl::engine
