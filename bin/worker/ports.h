// The Postgres adapters that the steps of one worker use, writing under one epoch.
#pragma once

#include "bin/settings/settings.h"
#include "storage/postgres/epoch.h"
#include "workflows/mail/ledger/postgres_mail_ledger.h"
#include "workflows/notify_sync_failure/postgres/postgres_inbox.h"
#include "workflows/notify_sync_failure/postgres/postgres_recipients.h"

namespace pawl::bin {

/// Lives as long as the process; each registration sets the epoch anew.
struct WorkerPorts {
  explicit WorkerPorts(const Settings& settings)
      : address(settings.postgres, settings.postgres_timeout),
        recipients(address),
        inbox(address, epoch),
        ledger(address, epoch,
               settings.in_doubt == InDoubt::kHold ? mail::InDoubtPolicy::kHold : mail::InDoubtPolicy::kResend) {}

  /// Throws engine::RefusedError when the database lacks, or denies, what a step needs.
  void check_access() {
    recipients.check_access();
    inbox.check_access();
    ledger.check_access();
  }

  const storage::PostgresAddress address;
  storage::Epoch epoch{0};
  notify_sync_failure::PostgresRecipients recipients;
  notify_sync_failure::PostgresInbox inbox;
  mail::PostgresMailLedger ledger;
};

}  // namespace pawl::bin
