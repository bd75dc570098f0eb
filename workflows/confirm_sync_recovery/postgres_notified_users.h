// Who was told of an outage, from the outbox, the application's notifications, the mail ledger and pawl.recipients.
#pragma once

#include <memory>

#include "storage/postgres/address.h"
#include "workflows/confirm_sync_recovery/notified_users.h"

namespace pawl::confirm_sync_recovery {

/// Opens connections as callers need them and keeps them; see the port for threads and errors.
class PostgresNotifiedUsers final : public NotifiedUsers {
 public:
  explicit PostgresNotifiedUsers(storage::PostgresAddress address);
  ~PostgresNotifiedUsers() override;
  std::vector<Notified> notified_of(std::span<const Outage> outages) override;
  /// Runs the statement for no outage. Throws engine::RefusedError when the database lacks, or denies, what it needs.
  void check_access() override;

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace pawl::confirm_sync_recovery
