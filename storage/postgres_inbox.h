// In-app notifications in the application's table `notifications`.
#pragma once

#include <memory>
#include <string>

#include "storage/epoch.h"
#include "storage/postgres_address.h"
#include "workflows/notify_sync_failure/inbox.h"

namespace pawl::storage {

class PostgresInbox final : public notify_sync_failure::Inbox {
 public:
  PostgresInbox(PostgresAddress address, const Epoch& epoch);
  ~PostgresInbox() override;
  std::vector<int> post(std::span<const notify_sync_failure::Notification> notifications) override;

  /// Runs the statements for no notification and no worker. Throws engine::RefusedError when the database lacks, or
  /// denies, what they need.
  void check_access() override;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace pawl::storage
