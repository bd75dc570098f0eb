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
      : recipients(settings.postgres),
        inbox(settings.postgres, epoch),
        ledger(settings.postgres, epoch,
               settings.in_doubt == InDoubt::kHold ? storage::InDoubtPolicy::kHold : storage::InDoubtPolicy::kResend) {}

  storage::Epoch epoch{0};
  storage::PostgresRecipients recipients;
  storage::PostgresInbox inbox;
  storage::PostgresMailLedger ledger;
};

}  // namespace pawl::bin
