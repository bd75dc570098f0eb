// Leases events in batches; every statement here commits on its own and leaves no session state.
#include "storage/outbox/claims.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/outbox/claimed_events.h"
#include "storage/outbox/registration.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/fence.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

constexpr std::size_t kCandidatesMax = 10'000;
constexpr std::chrono::seconds kWorkersEvery{1};

// $3 epoch, $4 batch, $5 bytes, $6 of a payload at most. Nothing is written, and no transaction id used up, unless
// something was picked. The lease may be committed without waiting for the disk: losing it only makes the event pending
// again.
//
// What was picked is locked, so it is updated where it lies: joined by position, a queue of some 10,000 was scanned
// whole. What somebody changed between our snapshot and the lock lies elsewhere, and is left to a later claim. The
// update itself returns the events, in any order: a select over it made three copies of each payload.
std::string claim_sql(const std::string& picked, Texts texts) {
  return picked_and_fitting(kClaimable + picked + " for update of o skip locked", "$5::bigint") + ", " +
         fence({.parameter = "$3",
                .columns = ", set_config('synchronous_commit', 'off', true)",
                .condition = " and claims_from <= $4::int and exists (select from fitting)"}) +
         " update pawl.outbox o set lease_epoch = mine.epoch, lease_batch = $4::int, deliveries = o.deliveries + 1,"
         " mark_epoch = case when o.mark is not null then mine.epoch end"
         " from mine where o.ctid = any(array(select place from fitting)) returning " +
         event_columns("$6::bigint", texts);
}

const EventSql kClaimFresh([](Texts texts) {
  return claim_sql(" and o.deliveries = 0 and o.position > $7::bigint order by o.position limit $8::int", texts);
});
const EventSql kClaimColdTenants([](Texts texts) {
  return claim_sql(" and o.deliveries = 0 and o.position = any($7::bigint[])", texts);
});
const EventSql kClaimRedelivered([](Texts texts) {
  return claim_sql(" and o.deliveries > 0 and o.position = any($7::bigint[])", texts);
});

// $1 epoch, $2 batch, $3 above, $4 bytes, $5 of a payload at most.
const EventSql kLostBatch([](Texts texts) {
  return picked_and_fitting("o.lease_epoch = $1::bigint and o.lease_batch = $2::int and o.position > $3::bigint",
                            "$4::bigint") +
         " select " + event_columns("$5::bigint", texts) +
         " from pawl.outbox o where o.ctid = any(array(select place from fitting))";
});

// $1 above, $2 limit, $3 window, $4 hot keys, $5 workflows. Looks for cold ones in a window of positions; says how far
// it got and whether that is the end; a gap behind the window is skipped.
const std::string kFindCold =
    "with cold as materialized (select o.position from pawl.outbox o where o.position > $1::bigint"
    " and o.position <= $1::bigint + $3::int and o.lease_epoch is null and o.deliveries = 0"
    " and o.workflow = any($5::text[]) and " +
    tenant_key() +
    " <> all($4::text[]) order by o.position limit $2::int) select array(select position from cold),"
    " case when full_up then last when next is not null then next - 1"
    " else (select max(o.position) from pawl.outbox o where o.position > $1::bigint) end,"
    " not full_up and next is null, " +
    kSerial +
    " from (select count(*) = $2::int as full_up, max(position) as last from cold) c"
    " cross join (select min(o.position) as next from pawl.outbox o where o.position > $1::bigint + $3::int) n";

}  // namespace

OutboxClaims::OutboxClaims(const PostgresOutboxOptions& options, const Epoch& epoch, TakeoverNews& news)
    : connection_(options.address),
      listen_(options.listen),
      epoch_(epoch),
      news_(news),
      archive_partitions_(options.partitions_every),
      retention_(options.retention, options.prune_every),
      watch_(options.watch),
      gauges_(options.gauges_every) {
  if (listen_.value_or(false)) choose_bell();
}

void OutboxClaims::start_over(const std::string& store_id) {
  choose_bell();
  store_ = store_id;
  cursor_ = {};
  size_ = {};
  fairness_ = {};
  batch_ = 0;
  redelivered_.clear();
  swept_epochs_.clear();
  batches_.look_soon();
  more_redelivered_ = batch_is_lost_ = asleep_ = lately_busy_ = lately_many_ = false;
  unsure_ = true;
}

void OutboxClaims::check_access() {
  const std::string nobody = "00000000-0000-0000-0000-000000000000";
  connection_.run("claim", kClaimFresh.as_they_are, {"{}", nobody, "0", "0", "1", "1", "0", "0"});
  connection_.run("claim redelivered events", kClaimRedelivered.as_they_are, {"{}", nobody, "0", "0", "1", "1", "{}"});
  check_survey_access(connection_);
  ArchivePartitions::check_access(connection_);
  ArchiveRetention::check_access(connection_);
  BatchSteps::check_access(connection_);
  OutboxGauges::check_access(connection_);
}

void OutboxClaims::next_batch() {
  if (batch_ == std::numeric_limits<int>::max())
    throw engine::LeaseLostError("outbox, claim: epoch " + epoch() +
                                 " has used its claim numbers up; open a new epoch");
  ++batch_;
  lost_above_ = 0;
}

std::vector<engine::Event> OutboxClaims::claim(const engine::ClaimRequest& request) {
  ArrayLiteral workflows;
  for (const engine::WorkflowName& name : request.workflows) workflows.add(name.workflow);
  names_ = workflows.text();

  unsure_ = unsure_ || batch_is_lost_;
  Events events = fetch(request.limits);
  if (events.empty() && unsure_) unsure_ = something_is_claimable(0);  // a look passes over no lock
  const bool was_busy = std::exchange(lately_busy_, !events.empty());
  lately_many_ = events.size() >= kFewRows;
  if (events.empty()) return events;
  rang_in_vain_ = false;
  engine::crash_point(engine::CrashPoint::kAfterClaim);
  std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  // for one event with none right behind it the bell stays on: lowering and raising the flag takes longer than claiming
  if (asleep_ && (was_busy || events.size() > 1)) lower_flag();
  return events;
}

OutboxClaims::Events OutboxClaims::fetch(const engine::ClaimLimits& limits) try {
  budget_ = std::max<std::int64_t>(std::min(size_.bytes(), limits.bytes), 1);
  Events events;
  if (batch_is_lost_) events = find_lost_batch();  // it stays lost: there may be more of it
  if (events.empty()) {
    next_batch();
    batch_is_lost_ = true;  // until the last statement has answered
    engine::crash_point(engine::CrashPoint::kBeforeClaim);
    claim_what_is_admitted(limits, events);
    batch_is_lost_ = false;
  }
  return arrived(std::move(events));
} catch (const engine::LeaseLostError&) {
  throw;
} catch (const engine::ServiceError& error) {
  const bool silent = dynamic_cast<const SilentError*>(&error) != nullptr;
  size_.failed(silent || error.concerns() == engine::Concerns::kUnclear);
  throw;
} catch (const ValueError&) {
  size_.unreadable();
  throw;
} catch (...) {  // perhaps since it was too much at once
  size_.failed(true);
  throw;
}

// One without its payload is found again, as if its reply had been lost, until that is to blame.
OutboxClaims::Events OutboxClaims::arrived(Events events) {
  if (events.empty()) return events;
  const auto kept_back = [](const engine::Event& event) {
    return event.left_out > 0 && event.left_out <= engine::kPayloadMax;
  };
  if (std::ranges::any_of(events, kept_back) && !size_.left_out()) {
    batch_is_lost_ = true;
    return {};
  }
  for (const engine::Event& event : events) lost_above_ = std::max(lost_above_, event.position);
  size_.answered();
  return events;
}

// The lock waits for a claim of ours that is under way on a connection we have lost; one that has yet to arrive there
// finds the row changed and takes nothing. The row is locked first, since a claim's own lock would not wait for a mere
// update.
std::vector<engine::Event> OutboxClaims::find_lost_batch() {
  Events events;
  connection_.transact("find a claim whose reply was lost", [&](Transaction& transaction) {
    events.clear();
    const Rows mine = transaction.run("select from pawl.workers where epoch = $1::bigint for update", {epoch()});
    require_lease(mine.size() > 0, "claim", epoch_);
    transaction.run("update pawl.workers set claims_from = $2::int where epoch = $1::bigint",
                    {epoch(), std::to_string(batch_ + 1)});
    const Rows rows = transaction.run(kLostBatch.of(size_.payload_max()),
                                      {epoch(), std::to_string(batch_), std::to_string(lost_above_),
                                       std::to_string(budget_), std::to_string(size_.payload_max())});
    for (std::size_t row = 0; row < rows.size(); ++row) events.push_back(event_from(rows, row));
    engine::crash_point(engine::CrashPoint::kBeforeLostClaimFound);
  });
  engine::crash_point(engine::CrashPoint::kAfterLostClaimFound);
  return events;
}

// Redelivered events first: they have waited longest. One that waits for its last delivery keeps the rest out, so that
// the worker empties for it.
void OutboxClaims::claim_what_is_admitted(engine::ClaimLimits limits, Events& events) {
  const auto started = ClaimCursor::Time::clock::now();
  look_at_workers(started);
  const auto looked = ClaimCursor::Time::clock::now();
  const bool sweeping = epochs_ != swept_epochs_ || cursor_.sweep_due(looked);
  const std::int64_t above = sweeping ? sweep(limits.deliveries_max) : cursor_.mark();
  const auto surveyed = ClaimCursor::Time::clock::now();
  claim_redelivered(limits, events);
  if (budget_ > 0 && !last_delivery_waits(limits.deliveries_max) && limits.moving.admits(engine::kNoQuarantine)) {
    limits.max -= claim_cold_tenants(limits.max, events);
    claim_fresh(above, limits.max, events);
  }
  batches_.turn(connection_, epoch_, started);  // behind the claims: an event that has come is not to wait for it
  if (!sweeping) return;
  swept_epochs_ = epochs_;
  cursor_.swept(looked, surveyed);
  archive_partitions_.turn(connection_, started);
  retention_.turn(connection_, started);
  watch_.turn(connection_, started);
  gauges_.turn(connection_, started);
}

// Every second, however rarely there is time for a sweep of a long queue: what was freed is not to wait for that.
void OutboxClaims::look_at_workers(ClaimCursor::Time now) {
  if (now < look_at_workers_at_) return;
  look_at_workers_at_ = now + kWorkersEvery;
  free_expired_epochs(connection_, epoch_, news_);
  epochs_ = epochs_at_work(connection_);
}

// Passes over leased rows once, and says from where on to claim fresh events.
std::int64_t OutboxClaims::sweep(int deliveries_max) {
  const Survey seen = survey(connection_, names_, store_);
  if (seen.leased_by_nobody) free_events_of_nobody(connection_, epoch_, news_);
  redelivered_.clear();
  more_redelivered_ = seen.redelivered || seen.leased_by_nobody;
  if (more_redelivered_) find_redelivered(deliveries_max);
  return seen.lowest_fresh == 0 ? cursor_.mark() : seen.lowest_fresh - 1;
}

// A claim of few events is mostly planning, so its plan is kept. Should that not fit a queue that came meanwhile, it
// is found out after a few events; beside many leased rows, when the plan's hundred calls are over.
// Gain: a tenth of an idle worker's latency.
void OutboxClaims::claim_fresh(std::int64_t above, int limit, Events& events) {
  if (limit <= 0 || budget_ == 0) return;
  const std::size_t before = events.size();
  const auto last = [&] {
    std::int64_t position = 0;
    for (std::size_t i = before; i < events.size(); ++i) position = std::max(position, events[i].position);
    return position;
  };
  const int few = lately_many_ ? 0 : std::min<int>(limit, kFewRows);
  int found = few == 0 ? 0 : claim_above(above, few, Plan::kKept, events);
  if (found == few && few < limit && budget_ > 0)
    found += claim_above(std::max(above, last()), limit - few, Plan::kOwn, events);
  cursor_.claimed(ClaimCursor::Time::clock::now(), last(), found >= limit || budget_ == 0);
  if (!cursor_.catching_up()) fairness_.start_over();
}

int OutboxClaims::claim_above(std::int64_t above, int limit, Plan plan, Events& events) {
  return take("claim", kClaimFresh, {std::to_string(above), std::to_string(limit)}, plan, events);
}

// Only where there is a queue, and a few keys fill it.
int OutboxClaims::claim_cold_tenants(int max, Events& events) {
  if (!cursor_.catching_up() || fairness_.hot().empty()) return 0;
  const auto started = TenantFairness::Time::clock::now();
  if (!fairness_.due(started)) return 0;
  const int limit = fairness_.share(max);
  if (limit == 0) return 0;
  ArrayLiteral hot;
  for (const std::string& key : fairness_.hot()) hot.add(key);
  const Rows cold = connection_.run("find events of quiet tenants", kFindCold,
                                    {std::to_string(std::max(fairness_.mark(), cursor_.mark())), std::to_string(limit),
                                     std::to_string(TenantFairness::kWindow), hot.text(), names_});
  const std::string positions = cold.string(0, 0);
  const int found =
      positions == "{}" ? 0 : take("claim events of quiet tenants", kClaimColdTenants, {positions}, Plan::kOwn, events);
  fairness_.scanned(started, TenantFairness::Time::clock::now(), cold.integer(0, 1), cold.boolean(0, 2));
  return found;
}

// Candidates first and claims by position: the search passes over every leased row, so it is not made for each claim.
void OutboxClaims::find_redelivered(int deliveries_max) {
  redelivered_ = redelivered_events(connection_, names_, store_, deliveries_max, kCandidatesMax);
  more_redelivered_ = redelivered_.size() == kCandidatesMax;
}

void OutboxClaims::claim_redelivered(engine::ClaimLimits& limits, Events& events) {
  if (redelivered_.empty() && more_redelivered_) find_redelivered(limits.deliveries_max);
  ArrayLiteral positions;
  const int room = limits.max;
  for (; limits.max > 0 && !redelivered_.empty(); --limits.max) {
    const int quarantine = engine::quarantine_of(redelivered_.front().deliveries, limits.deliveries_max);
    if (!limits.moving.admits(quarantine)) break;
    limits.moving.add(quarantine);
    positions.add(redelivered_.front().position);
    redelivered_.pop_front();
  }
  if (limits.max == room) return;
  take("claim redelivered events", kClaimRedelivered, {positions.text()}, Plan::kOwn, events);
}

bool OutboxClaims::last_delivery_waits(int deliveries_max) const {
  return !redelivered_.empty() &&
         engine::quarantine_of(redelivered_.front().deliveries, deliveries_max) == engine::kAlone;
}

// Returns how many were there; fewer are taken where they have too many bytes, and then nothing is left of the budget.
// One that finds nothing may have lost its lease; a standby that answers instead cannot tell.
int OutboxClaims::take(const std::string& operation, const EventSql& sql, const Parameters& which, Plan plan,
                       Events& events) {
  Parameters parameters{
      names_, store_, epoch(), std::to_string(batch_), std::to_string(budget_), std::to_string(size_.payload_max())};
  parameters.insert(parameters.end(), which.begin(), which.end());
  const Rows rows = connection_.run_once(operation, sql.of(size_.payload_max()), parameters, plan);
  require_lease(rows.size() > 0 || may_have_lease(operation), "claim", epoch_);
  const std::size_t picked = rows.size() == 0 ? 0 : static_cast<std::size_t>(rows.integer(0, kPickedColumn));
  if (rows.size() < picked) budget_ = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    events.push_back(event_from(rows, row));
    budget_ -= std::min(budget_, static_cast<std::int64_t>(events.back().payload.size()));
    if (events.back().deliveries == 1) fairness_.claimed(rows.string(row, kKeyColumn));
  }
  return static_cast<int>(picked);
}

bool OutboxClaims::may_have_lease(const std::string& operation) {
  return connection_
             .run(operation,
                  "select where pg_is_in_recovery() or exists (select from pawl.workers where epoch = $1::bigint)",
                  {epoch()})
             .size() == 1;
}

void OutboxClaims::release(std::span<const std::int64_t> unstarted_positions) {
  ArrayLiteral positions;
  for (const std::int64_t position : unstarted_positions) positions.add(position);
  connection_.transact("release", [&](Transaction& transaction) {
    const Rows mine = transaction.run(
        "update pawl.workers set stopped_at = clock_timestamp(), asleep = false where epoch = $1::bigint", {epoch()});
    require_lease(mine.affected() > 0, "release", epoch_);
    transaction.run(
        "update pawl.outbox set lease_epoch = null, lease_batch = null, deliveries = deliveries - 1"
        " where position = any($2::bigint[]) and lease_epoch = $1::bigint",
        {epoch(), positions.text()});
    engine::crash_point(engine::CrashPoint::kBeforeReleased);
  });
  engine::crash_point(engine::CrashPoint::kAfterReleased);
  asleep_ = false;
}

}  // namespace pawl::storage
