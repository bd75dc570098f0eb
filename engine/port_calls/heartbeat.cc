// One renewal at a time, repeated until it is answered.
#include "engine/port_calls/heartbeat.h"

#include <algorithm>

#include "engine/authoring/errors.h"

namespace pawl::engine {

// Several more tries fit between a renewal that fails and the end of effects, however short the lease.
Heartbeat::Heartbeat(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, Duration lease, Jitter& jitter)
    : outbox_(outbox), lanes_(lanes), lane_(lane), clock_(clock), lease_(lease), backoff_(jitter, lease / 6) {}

void Heartbeat::leased(Timestamp asked_at) {
  renew_at_ = asked_at + lease_ / 3;
  fence_at_ = asked_at + lease_ * 5 / 6;
}

Timestamp Heartbeat::due_at() const {
  if (busy_) return Timestamp::max();
  return backoff_.down() ? backoff_.retry_at() : renew_at_;
}

void Heartbeat::renew(Outbox& outbox, Call& call) try { outbox.renew(); } catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // repeated; without an answer the fence stops the effects
  call.error = error.what();
}

void Heartbeat::turn(Timestamp now) {
  if (now < due_at()) return;
  busy_ = true;
  const auto call = std::make_shared<Call>();
  lanes_.submit(
      lane_, [&outbox = outbox_, call] { renew(outbox, *call); }, [this, call, now] { renewed(*call, now); });
}

void Heartbeat::renewed(const Call& call, Timestamp asked_at) {
  busy_ = false;
  if (call.lost) {
    lost_ = call.error;
  } else if (!call.error.empty()) {
    backoff_.failed(call.error, clock_.now());
  } else {
    backoff_.answered();
    leased(asked_at);
  }
}

}  // namespace pawl::engine
