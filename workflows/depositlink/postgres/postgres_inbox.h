// In-app notifications in the application's table `notifications`.
#pragma once

#include <memory>
#include <string>

#include "storage/postgres/address.h"
#include "storage/postgres/epoch.h"
#include "workflows/depositlink/ports/inbox.h"

namespace pawl::depositlink {

class PostgresInbox final : public Inbox {
 public:
  PostgresInbox(storage::PostgresAddress address, const storage::Epoch& epoch);
  ~PostgresInbox() override;
  std::vector<int> post(std::span<const Notification> notifications) override;

  /// Runs the statements for no notification and no worker. Throws engine::RefusedError when the database lacks, or
  /// denies, what they need.
  void check_access() override;

 private:
  class Session;
  std::unique_ptr<Session> session_;
};

}  // namespace pawl::depositlink
