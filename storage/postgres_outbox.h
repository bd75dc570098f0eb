// The outbox in Postgres: batched claims under an epoch, the doorbell, archiving.
#pragma once

#include <memory>
#include <string>

#include "engine/outbox.h"
#include "storage/epoch.h"
#include "storage/postgres_address.h"

namespace pawl::storage {

struct PostgresOutboxOptions {
  PostgresAddress address;
  std::string version;  ///< pawl's version, shown in pawl.workers.
  engine::Duration lease{std::chrono::seconds{30}};
  bool listen = true;  ///< False behind PgBouncer in transaction mode: poll instead of LISTEN.
  engine::Duration archive_care{std::chrono::hours{24}};  ///< How often the archive's coming partitions are seen to.
};

/// Not movable. `epoch` is set by open() and outlives it.
class PostgresOutbox final : public engine::Outbox {
 public:
  PostgresOutbox(PostgresOutboxOptions options, Epoch& epoch);
  ~PostgresOutbox() override;

  /// Runs the statements of claiming and finishing for no event and no worker. Throws engine::RefusedError when the
  /// database lacks, or denies, what they need.
  void rehearse();

  engine::Registered open(const engine::Registration& registration) override;
  std::vector<engine::Event> claim(const engine::ClaimRequest& request) override;
  void sleep(engine::Duration at_most) override;
  std::size_t finish(std::span<const engine::FinishedEvent> finished) override;
  void renew() override;
  void release(std::span<const std::int64_t> unstarted_positions) override;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace pawl::storage
