// Owners and admins from the view pawl.recipients.
#pragma once

#include <memory>
#include <string>

#include "storage/postgres/address.h"
#include "workflows/depositlink/ports/recipients.h"

namespace pawl::depositlink {

/// Opens connections as callers need them and keeps them; see the port for threads and errors.
class PostgresRecipients final : public RecipientDirectory {
 public:
  explicit PostgresRecipients(storage::PostgresAddress address);
  ~PostgresRecipients() override;
  std::vector<Recipients> owners_and_admins(std::span<const std::string> org_ids) override;
  /// Runs the statement for nobody. Throws engine::RefusedError when the database lacks, or denies, what it needs.
  void check_access() override;

 private:
  class Queries;
  std::unique_ptr<Queries> queries_;
};

}  // namespace pawl::depositlink
