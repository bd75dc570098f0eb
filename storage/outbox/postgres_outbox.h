// The outbox in Postgres: batched claims under an epoch, the doorbell, archiving.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"
#include "storage/outbox/chores/archive_retention.h"
#include "storage/outbox/chores/gauges.h"
#include "storage/outbox/fleet/takeovers.h"
#include "storage/postgres/address.h"
#include "storage/postgres/epoch.h"

namespace pawl::storage {

struct PostgresOutboxOptions {
  PostgresAddress address;
  std::string version;                      ///< pawl's version, shown in pawl.workers, as is what follows.
  std::string path = "";                    ///< The checkpoint file.
  std::vector<std::string> workflows = {};  ///< Those that the worker runs.
  engine::Duration lease{std::chrono::seconds{30}};
  /// False behind PgBouncer in transaction mode: poll instead of LISTEN. Empty: listen unless the server allows
  /// prepared transactions, which cannot ring.
  std::optional<bool> listen = true;
  engine::Duration partitions_every{std::chrono::hours{24}};  ///< How often the archive's next partitions are made.
  engine::Duration retention{0};  ///< How long archived events, their mails and commands are kept; 0: for ever.
  engine::Duration prune_every{std::chrono::minutes{1}};    ///< How often a step of what is older is looked for.
  engine::Duration watch{std::chrono::seconds{10}};         ///< How often the application's tables are looked at.
  engine::Duration gauges_every{std::chrono::seconds{15}};  ///< How often, at most, what lies in Postgres is counted.
};

/// Not movable. `epoch` is set by open() and outlives it.
class PostgresOutbox final : public engine::Outbox {
 public:
  PostgresOutbox(PostgresOutboxOptions options, Epoch& epoch);
  ~PostgresOutbox() override;

  /// That of `claim`, for what is to be asked before `open`: another would take the server tens of milliseconds.
  PostgresConnection& connection_before_open();
  /// Runs the statements of claiming and finishing for no event and no worker. Throws engine::RefusedError when the
  /// database lacks, or denies, what they need.
  void check_access();

  engine::Registered open(const engine::Registration& registration) override;
  std::vector<engine::Event> claim(const engine::ClaimRequest& request) override;
  bool may_have_missed() const override;
  void sleep(engine::Duration at_most) override;
  std::size_t finish(std::span<const engine::FinishedEvent> finished) override;
  std::vector<engine::Mark> marks(std::int64_t above) override;
  void take_off(std::span<const engine::Mark> marks) override;
  std::vector<std::string> resolved(std::span<const std::string> run_ids) override;
  void renew() override;
  void report(std::span<const engine::StepReport> steps, engine::Timestamp now) override;
  void release(std::span<const std::int64_t> unstarted_positions) override;

  /// What keeps the application's rows from becoming events, or people from being told, as last seen: a sentence each,
  /// with what to do. Called from any thread.
  std::vector<std::string> application_problems() const;
  /// Whose events this worker has set free since this was asked last. Called from any thread.
  Takeovers take_takeovers();
  /// Why the archive's coming partitions could not be created, as last tried; empty: they are. Called from any thread.
  std::string archive_problem() const;
  /// Why batches could not be worked on, as last tried; empty: they could. Called from any thread.
  std::string batch_problem() const;
  /// What `retention` has removed since this was asked last, and why it could not, as last tried. Called from any
  /// thread.
  Pruned take_pruned();
  std::string prune_problem() const;
  /// What lies in Postgres, as last counted, and why it could not be, as last tried. Called from any thread.
  Gauges gauges() const;
  std::string gauges_problem() const;

 private:
  class Lanes;
  std::unique_ptr<Lanes> lanes_;
};

}  // namespace pawl::storage
