// Batches of finished events, between renewals that go first.
#include "engine/archiver.h"

#include <algorithm>
#include <iterator>

#include "engine/errors.h"

namespace pawl::engine {

Archiver::Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, Duration lease, std::size_t batch_max)
    : outbox_(outbox), lanes_(lanes), lane_(lane), clock_(clock), lease_(lease), batch_max_(batch_max) {}

void Archiver::leased(Timestamp now) {
  renew_at_ = now + lease_ / 3;
  fence_at_ = now + lease_ * 5 / 6;
}

void Archiver::perform(Outbox& outbox, Call& call) try {
  if (call.renewal)
    outbox.renew();
  else
    outbox.finish(call.events);
} catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // kept and repeated: finishing twice is harmless
  call.error = error.what();
}

void Archiver::turn(Timestamp now) {
  if (busy_ || (backoff_.down() && now < backoff_.retry_at())) return;
  const auto call = std::make_shared<Call>();
  call->renewal = now >= renew_at_;
  if (!call->renewal) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(pending_.size(), batch_max_));
    if (count == 0) return;
    call->events.assign(std::make_move_iterator(pending_.begin()), std::make_move_iterator(pending_.begin() + count));
    pending_.erase(pending_.begin(), pending_.begin() + count);
  }
  busy_ = true;
  lanes_.submit(
      lane_, [&outbox = outbox_, call] { perform(outbox, *call); }, [this, call, now] { performed(call, now); });
}

void Archiver::performed(const std::shared_ptr<Call>& call, Timestamp asked_at) {
  busy_ = false;
  if (call->lost) {
    lost_ = call->error;
  } else if (!call->error.empty()) {
    backoff_.failed(call->error, clock_.now());
    pending_.insert(pending_.end(), std::make_move_iterator(call->events.begin()),
                    std::make_move_iterator(call->events.end()));
  } else {
    backoff_.answered();
    if (call->renewal) leased(asked_at);
  }
}

}  // namespace pawl::engine
