// The claiming half of the Postgres outbox: cursor, sweeps, redeliveries, and the doorbell.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"
#include "storage/outbox/chores/application_watch.h"
#include "storage/outbox/chores/archive_partitions.h"
#include "storage/outbox/chores/archive_retention.h"
#include "storage/outbox/chores/batch_steps.h"
#include "storage/outbox/chores/gauges.h"
#include "storage/outbox/claim_cursor.h"
#include "storage/outbox/claim_size.h"
#include "storage/outbox/claimed_events.h"
#include "storage/outbox/fleet/takeovers.h"
#include "storage/outbox/postgres_outbox.h"
#include "storage/outbox/survey.h"
#include "storage/outbox/tenant_fairness.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/epoch.h"

namespace pawl::storage {

/// Used by one thread. A claim whose reply was lost is found again by its number in `lease_batch`.
class OutboxClaims {
 public:
  OutboxClaims(const PostgresOutboxOptions& options, const Epoch& epoch, TakeoverNews& news);

  PostgresConnection& connection() { return connection_; }
  /// Claims nothing, for an epoch that nobody has.
  void check_access();
  /// After a new epoch: forgets marks, flags and candidates.
  void start_over(const std::string& store_id);
  std::vector<engine::Event> claim(const engine::ClaimRequest& request);
  bool may_have_missed() const { return batch_is_lost_ || unsure_ || batches_.running(); }
  void sleep(engine::Duration at_most);
  void release(std::span<const std::int64_t> unstarted_positions);
  /// Called from any thread.
  std::vector<std::string> application_problems() const { return watch_.problems(); }
  std::string archive_problem() const { return archive_partitions_.problem(); }
  std::string batch_problem() const { return batches_.problem(); }
  ArchiveRetention& retention() { return retention_; }
  const OutboxGauges& gauges() const { return gauges_; }

 private:
  using Events = std::vector<engine::Event>;
  std::string epoch() const { return std::to_string(epoch_.load()); }
  void next_batch();
  Events fetch(const engine::ClaimLimits& limits);
  Events arrived(Events events);
  Events find_lost_batch();
  void claim_what_is_admitted(engine::ClaimLimits limits, Events& events);
  void claim_fresh(std::int64_t above, int limit, Events& events);
  int claim_above(std::int64_t above, int limit, Plan plan, Events& events);
  void look_at_workers(ClaimCursor::Time now);
  std::int64_t sweep(int deliveries_max);
  int claim_cold_tenants(int max, Events& events);
  void claim_redelivered(engine::ClaimLimits& limits, Events& events);
  void find_redelivered(int deliveries_max);
  bool last_delivery_waits(int deliveries_max) const;
  int take(const std::string& operation, const EventSql& sql, const Parameters& which, Plan plan, Events& events);
  bool may_have_lease(const std::string& operation);
  void raise_flag();
  void lower_flag();
  bool something_is_claimable(std::int64_t above);
  void choose_bell();

  PostgresConnection connection_;
  const std::optional<bool> listen_;
  bool listens_ = false;
  int asked_at_ = 0;  ///< The opening of the connection at which the server was asked whether to listen.
  const Epoch& epoch_;
  TakeoverNews& news_;
  std::string store_;
  std::string names_ = "{}";  ///< Of the workflows of the last request, as an array literal.
  ClaimCursor cursor_;
  ClaimCursor::Time look_at_workers_at_ = ClaimCursor::Time::min();
  std::string epochs_;        ///< Those at work, as last seen.
  std::string swept_epochs_;  ///< As they were before the last sweep.
  TenantFairness fairness_;
  ArchivePartitions archive_partitions_;
  ArchiveRetention retention_;
  ApplicationWatch watch_;
  BatchSteps batches_;
  OutboxGauges gauges_;
  std::deque<Redelivered> redelivered_;  ///< Candidates found by the last search; others may take them meanwhile.
  bool more_redelivered_ = false;        ///< That search stopped at its limit.
  ClaimSize size_;
  std::int64_t budget_ = 0;  ///< Bytes that the claim under way may still ask for.
  int batch_ = 0;
  std::int64_t lost_above_ = 0;  ///< Of the lost batch, what is up to this position has been found.
  bool batch_is_lost_ = false;   ///< The last claim failed and may have happened.
  bool unsure_ = true;           ///< A claim that was given up, or a process before us, may still lock what it picked.
  bool rang_in_vain_ = false;    ///< Since the last ring no claim took anything.
  bool asleep_ = false;          ///< Our flag in pawl.workers is up.
  bool lately_busy_ = false;
  bool lately_many_ = false;  ///< The last claim brought so many that it is worth a plan of its own.
};

}  // namespace pawl::storage
