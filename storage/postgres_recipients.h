// Owners and admins from the view pawl.recipients.
#pragma once

#include <memory>
#include <string>

#include "storage/postgres_address.h"
#include "workflows/notify_sync_failure/recipients.h"

namespace pawl::storage {

/// Opens connections as callers need them and keeps them; see the port for threads and errors.
class PostgresRecipients final : public notify_sync_failure::RecipientDirectory {
 public:
  explicit PostgresRecipients(PostgresAddress address);
  ~PostgresRecipients() override;
  std::vector<notify_sync_failure::Recipients> owners_and_admins(std::span<const std::string> org_ids) override;
  /// Runs the statement for nobody. Throws engine::RefusedError when the database lacks, or denies, what it needs.
  void check_access() override;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace pawl::storage
