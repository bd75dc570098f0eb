// The port to who was told of an outage: what the runs of its failures have left in the application and in the ledger.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "workflows/depositlink/ports/recipients.h"

namespace pawl::confirm_sync_recovery {

/// The failures that a success has confirmed.
struct Outage {
  std::string event_id;  ///< The success's.
  std::string org_id;
};

struct Notified {
  int unfinished = 0;  ///< Failures whose run may still tell somebody; the recipients are not known until it is 0.
  /// Those who have a notification of a failure, or to whom a mail of one went out or may have, and who are owners or
  /// admins now. As a directory's answer has them.
  depositlink::Recipients recipients;
};

/// Safe to call from several threads. Throws engine::UnavailableError when the database cannot be reached.
class NotifiedUsers {
 public:
  virtual ~NotifiedUsers() = default;
  /// In the order of the outages. Members are never among them, nor anybody outside of the organisation.
  virtual std::vector<Notified> notified_of(std::span<const Outage> outages) = 0;
  /// Reads nothing by the same statement. Throws as that would where the database refuses every outage.
  virtual void check_access() {}
};

}  // namespace pawl::confirm_sync_recovery
