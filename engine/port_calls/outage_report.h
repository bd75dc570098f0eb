// Says when outbox or store stop answering, and when they are back.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/port_calls/backoff.h"
#include "engine/ports/observer.h"

namespace pawl::engine {

/// Engine's thread only. Looks at the backoffs of the calls to each port; all outlive it.
class OutageReport {
 public:
  using Calls = std::vector<const Backoff*>;

  OutageReport(Observer& observer, Calls outbox, Calls store)
      : observer_(observer), outbox_calls_(std::move(outbox)), store_calls_(std::move(store)) {}

  /// Tells what has changed since the last time. `lease_holds`: whether the leases were renewed in time.
  void turn(bool lease_holds);

  /// Why outbox or store do not answer; empty while they do.
  std::string outbox_error(bool lease_holds) const;
  std::string store_error() const;

 private:
  /// The first of the calls that does not answer; null while all do.
  static const Backoff* failing(const Calls& calls);
  void turn_outbox(bool lease_holds);
  void tell(NoticeKind kind, const std::string& error) const { observer_.on({kind, "", "", "", "", 0, "", error}); }

  Observer& observer_;
  Calls outbox_calls_;
  Calls store_calls_;
  bool outbox_was_down_ = false;
  bool store_was_down_ = false;
  const Backoff* reported_ = nullptr;        ///< The call of the outbox whose trouble was reported last.
  std::optional<Timestamp> other_retry_at_;  ///< Of the call that failed on when that one was back.
};

}  // namespace pawl::engine
