// The Postgres adapters that the steps of one worker use, writing under one epoch.
#pragma once

#include "bin/settings.h"
#include "storage/epoch.h"
#include "storage/postgres_inbox.h"
#include "storage/postgres_mail_ledger.h"
#include "storage/postgres_recipients.h"

namespace pawl::bin {

/// Lives as long as the process; each registration sets the epoch anew.
struct WorkerPorts {
  explicit WorkerPorts(const Settings& settings)
      : address(settings.postgres, settings.postgres_timeout),
        recipients(address),
        inbox(address, epoch),
        ledger(address, epoch,
               settings.in_doubt == InDoubt::kHold ? storage::InDoubtPolicy::kHold : storage::InDoubtPolicy::kResend) {}

  /// Throws engine::RefusedError when the database lacks, or denies, what a step needs.
  void check_access() {
    recipients.check_access();
    inbox.check_access();
    ledger.check_access();
  }

  const storage::PostgresAddress address;
  storage::Epoch epoch{0};
  storage::PostgresRecipients recipients;
  storage::PostgresInbox inbox;
  storage::PostgresMailLedger ledger;
};

}  // namespace pawl::bin
