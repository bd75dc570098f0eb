// One line an outage, however many calls it fails.
#include "engine/port_calls/outage_report.h"

namespace pawl::engine {

const Backoff* OutageReport::failing(const Calls& calls) {
  for (const Backoff* call : calls)
    if (call->down()) return call;
  return nullptr;
}

std::string OutageReport::outbox_error(bool lease_holds) const {
  if (const Backoff* const call = failing(outbox_calls_)) return call->error();
  return lease_holds ? "" : "renew leases: no answer in time; no effect is started until it comes";
}

std::string OutageReport::store_error() const {
  const Backoff* const call = failing(store_calls_);
  return call ? call->error() : "";
}

void OutageReport::turn(bool lease_holds) {
  turn_outbox(lease_holds);
  const bool down = failing(store_calls_) != nullptr;
  if (down != std::exchange(store_was_down_, down))
    tell(down ? NoticeKind::kCheckpointsDown : NoticeKind::kCheckpointsUp, store_error());
}

// What fails on, or anew, after the call that was told of has come back is another trouble, and told as well.
void OutageReport::turn_outbox(bool lease_holds) {
  const Backoff* const call = failing(outbox_calls_);
  const bool down = call != nullptr || !lease_holds;
  if (down != std::exchange(outbox_was_down_, down)) {
    tell(down ? NoticeKind::kOutboxDown : NoticeKind::kOutboxUp, outbox_error(lease_holds));
    reported_ = call;
    other_retry_at_.reset();
    return;
  }
  if (call == nullptr || (reported_ != nullptr && reported_->down())) return;
  if (!other_retry_at_) other_retry_at_ = call->retry_at();
  if (*other_retry_at_ == call->retry_at()) return;
  tell(NoticeKind::kOutboxDown, call->error());
  reported_ = call;
  other_retry_at_.reset();
}

}  // namespace pawl::engine
