// Leases events in batches; every statement here commits on its own and leaves no session state.
#include "storage/outbox_claims.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "engine/crash_point.h"
#include "engine/decider.h"
#include "engine/errors.h"
#include "storage/array_literal.h"
#include "storage/outbox_registration.h"

namespace pawl::storage {

namespace {

constexpr std::size_t kCandidatesMax = 10'000;
constexpr std::chrono::milliseconds kBusyPoll{5};

// $1 types, $2 store. An event that was resumed waits for the worker with its checkpoints while that lives.
const std::string kClaimable =
    "o.lease_epoch is null and o.available_at <= now() and o.type = any($1::text[])"
    " and (o.store is null or o.store = $2::uuid or not exists (select from pawl.workers w"
    " where w.store = o.store and w.stopped_at is null and w.expires_at > now()))";

const std::string kEventColumns =
    "o.position, o.id, o.type, o.aggregatetype, o.aggregateid, o.payload::text,"
    " (extract(epoch from o.created_at) * 1000000)::bigint, o.deliveries, o.resumes";

// $3 epoch, $4 batch. Nothing is written, and no transaction id used up, unless something was picked. The lease may be
// committed without waiting for the disk: losing it only makes the event pending again.
std::string claim_sql(const std::string& picked) {
  return "with picked as materialized (select o.position from pawl.outbox o where " + kClaimable + picked +
         " for update of o skip locked),"
         " mine as materialized (select w.epoch, set_config('synchronous_commit', 'off', true) from pawl.workers w"
         " where w.epoch = $3::bigint and w.claims_from <= $4::int and exists (select from picked) for key share of w),"
         " o as (update pawl.outbox u"
         " set lease_epoch = mine.epoch, lease_batch = $4::int, deliveries = u.deliveries + 1"
         " from picked, mine where u.position = picked.position returning u.*)"
         " select alive.yes, " +
         kEventColumns +
         " from (select exists (select from pawl.workers where epoch = $3::bigint) as yes) alive"
         " left join o on true order by o.position";
}

const std::string kClaimFresh =
    claim_sql(" and o.deliveries = 0 and o.position > $5::bigint order by o.position limit $6::int");
const std::string kClaimRedelivered = claim_sql(" and o.deliveries > 0 and o.position = any($5::bigint[])");

engine::Event event_from(const Rows& rows, std::size_t row, int first) {
  engine::Event event;
  event.position = rows.integer(row, first);
  event.id = rows.string(row, first + 1);
  event.type = rows.string(row, first + 2);
  event.aggregate_type = rows.string(row, first + 3);
  event.aggregate_id = rows.string(row, first + 4);
  event.payload = rows.string(row, first + 5);
  event.created_at = engine::Timestamp(engine::Duration(rows.integer(row, first + 6)));
  event.deliveries = static_cast<int>(rows.integer(row, first + 7));
  event.resumes = static_cast<int>(rows.integer(row, first + 8));
  return event;
}

}  // namespace

OutboxClaims::OutboxClaims(const PostgresAddress& address, bool listen, const Epoch& epoch)
    : connection_(address), listen_(listen), epoch_(epoch) {
  if (listen_) connection_.listen("pawl");
}

void OutboxClaims::start_over(const std::string& store_id) {
  store_ = store_id;
  low_water_ = {};
  batch_ = 0;
  redelivered_.clear();
  more_redelivered_ = batch_is_lost_ = asleep_ = lately_busy_ = false;
}

void OutboxClaims::rehearse() {
  const std::string nobody = "00000000-0000-0000-0000-000000000000";
  connection_.run("claim", kClaimFresh, {"{}", nobody, "0", "0", "0", "0"});
  connection_.run("claim redelivered events", kClaimRedelivered, {"{}", nobody, "0", "0", "{}"});
}

void OutboxClaims::next_batch() {
  if (batch_ == std::numeric_limits<int>::max())
    throw engine::LeaseLostError("outbox, claim: epoch " + epoch() +
                                 " has used its claim numbers up; open a new epoch");
  ++batch_;
}

std::vector<engine::Event> OutboxClaims::claim(const engine::ClaimRequest& request) {
  ArrayLiteral types;
  for (const std::string& type : request.types) types.add(type);
  types_ = types.text();

  Events events;
  if (batch_is_lost_) events = find_lost_batch();
  if (events.empty()) {
    next_batch();
    batch_is_lost_ = true;  // until the last statement has answered
    if (low_water_.sweep_due(LowWater::Time::clock::now())) {
      sweep(request, events);
    } else {
      claim_fresh(low_water_.mark(), request.fresh, events);
    }
    claim_redelivered(request.redelivered, events);
  }
  batch_is_lost_ = false;
  lately_busy_ = !events.empty();
  if (events.empty()) return events;
  engine::crash_point("after-claim");
  std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  if (asleep_) lower_flag();
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
    if (mine.size() == 0) throw_lease_lost("claim", epoch_);
    transaction.run("update pawl.workers set claims_from = $2::int where epoch = $1::bigint",
                    {epoch(), std::to_string(batch_ + 1)});
    const Rows rows = transaction.run("select " + kEventColumns +
                                          " from pawl.outbox o where o.lease_epoch = $1::bigint"
                                          " and o.lease_batch = $2::int",
                                      {epoch(), std::to_string(batch_)});
    for (std::size_t row = 0; row < rows.size(); ++row) events.push_back(event_from(rows, row, 0));
  });
  return events;
}

void OutboxClaims::sweep(const engine::ClaimRequest& request, Events& events) {
  const auto started = LowWater::Time::clock::now();
  free_expired_epochs(connection_);
  claim_fresh(0, request.fresh, events);
  if (request.redelivered > 0) find_redelivered();
  low_water_.swept(started, LowWater::Time::clock::now());
}

void OutboxClaims::claim_fresh(std::int64_t above, int limit, Events& events) {
  if (limit <= 0) return;
  const Rows rows = connection_.run_once(
      "claim", kClaimFresh,
      {types_, store_, epoch(), std::to_string(batch_), std::to_string(above), std::to_string(limit)});
  append_claimed(rows, events);
  const auto now = LowWater::Time::clock::now();
  low_water_.claimed(now, events.empty() ? 0 : events.back().position, static_cast<int>(events.size()) >= limit);
}

// Candidates first and claims by position: the search passes over every leased row, so it is not made for each claim.
void OutboxClaims::find_redelivered() {
  const Rows rows = connection_.run("find redelivered events",
                                    "select o.position, o.deliveries from pawl.outbox o where " + kClaimable +
                                        " and o.deliveries > 0 order by o.deliveries, o.position limit $3::int",
                                    {types_, store_, std::to_string(kCandidatesMax)});
  redelivered_.clear();
  for (std::size_t row = 0; row < rows.size(); ++row)
    redelivered_.push_back({rows.integer(row, 0), static_cast<int>(rows.integer(row, 1))});
  more_redelivered_ = redelivered_.size() == kCandidatesMax;
}

void OutboxClaims::claim_redelivered(int limit, Events& events) {
  if (limit <= 0) return;
  if (redelivered_.empty() && more_redelivered_) find_redelivered();
  if (redelivered_.empty()) return;
  const int deliveries = redelivered_.front().deliveries;
  limit = std::min(limit, engine::company_of(deliveries));
  ArrayLiteral positions;
  for (; limit > 0 && !redelivered_.empty() && redelivered_.front().deliveries == deliveries; --limit) {
    positions.add(redelivered_.front().position);
    redelivered_.pop_front();
  }
  append_claimed(connection_.run_once("claim redelivered events", kClaimRedelivered,
                                      {types_, store_, epoch(), std::to_string(batch_), positions.text()}),
                 events);
}

void OutboxClaims::append_claimed(const Rows& rows, Events& events) const {
  if (!rows.boolean(0, 0)) throw_lease_lost("claim", epoch_);
  if (rows.null(0, 1)) return;
  for (std::size_t row = 0; row < rows.size(); ++row) events.push_back(event_from(rows, row, 1));
}

// Whoever commits an event after this flag is visible rings; whoever committed before is found by looking once more.
// One whose transaction straddles both is found by the caller's next claim, after `at_most`.
void OutboxClaims::sleep(engine::Duration at_most) {
  if (!listen_) {
    std::this_thread::sleep_for(lately_busy_ ? std::min<engine::Duration>(at_most, kBusyPoll) : at_most);
    return;
  }
  if (!asleep_) {
    raise_flag();
    if (something_is_claimable()) return;
  }
  connection_.wait_for_ring("wait for the doorbell", at_most);
}

void OutboxClaims::raise_flag() {
  const Rows rows = connection_.run("fall asleep",
                                    "update pawl.workers set asleep = true where epoch = $1::bigint and"
                                    " set_config('synchronous_commit', 'off', true) is not null",
                                    {epoch()});
  if (rows.affected() == 0) throw_lease_lost("fall asleep", epoch_);
  asleep_ = true;
}

// The events are ours already, so this must not fail the claim: a flag that stays up only makes producers ring.
void OutboxClaims::lower_flag() {
  try {
    connection_.run("wake up",
                    "update pawl.workers set asleep = false where epoch = $1::bigint and"
                    " set_config('synchronous_commit', 'off', true) is not null",
                    {epoch()});
    asleep_ = false;
  } catch (const engine::Error&) {  // the next claim that finds something tries again
  }
}

bool OutboxClaims::something_is_claimable() {
  return connection_
      .run("look once more before sleeping",
           "select exists (select from pawl.outbox o where " + kClaimable + " and o.position > $3::bigint)",
           {types_, store_, std::to_string(low_water_.mark())})
      .boolean(0, 0);
}

void OutboxClaims::release(std::span<const std::int64_t> unstarted_positions) {
  ArrayLiteral positions;
  for (const std::int64_t position : unstarted_positions) positions.add(position);
  connection_.transact("release", [&](Transaction& transaction) {
    const Rows mine = transaction.run(
        "update pawl.workers set stopped_at = clock_timestamp(), asleep = false where epoch = $1::bigint", {epoch()});
    if (mine.affected() == 0) throw_lease_lost("release", epoch_);
    transaction.run(
        "update pawl.outbox set lease_epoch = null, lease_batch = null, deliveries = deliveries - 1"
        " where position = any($2::bigint[]) and lease_epoch = $1::bigint",
        {epoch(), positions.text()});
  });
  asleep_ = false;
}

}  // namespace pawl::storage
