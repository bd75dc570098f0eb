// Epochs begin and end here; whoever ends one holds the lock on its row while freeing its events.
#include "storage/outbox/registration.h"

#include <unistd.h>

#include <array>
#include <span>
#include <vector>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

constexpr std::size_t kIdsAtOnce = 10'000;

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? storable_text(name.data()) : "unknown";
}

std::vector<std::string> id_chunks(std::span<const std::string> ids) {
  std::vector<std::string> chunks;
  for (; !ids.empty(); ids = ids.subspan(std::min(kIdsAtOnce, ids.size()))) {
    ArrayLiteral chunk;
    for (const std::string& id : ids.first(std::min(kIdsAtOnce, ids.size()))) chunk.add(id);
    chunks.push_back(chunk.text());
  }
  return chunks;
}

// Array literals.
struct WaitingChunk {
  std::string ids;
  std::string positions;
};

std::vector<WaitingChunk> chunks(std::span<const engine::WaitingEvent> waiting) {
  std::vector<WaitingChunk> chunks;
  for (; !waiting.empty(); waiting = waiting.subspan(std::min(kIdsAtOnce, waiting.size()))) {
    ArrayLiteral ids, positions;
    for (const engine::WaitingEvent& event : waiting.first(std::min(kIdsAtOnce, waiting.size()))) {
      ids.add(event.id);
      positions.add(event.position);
    }
    chunks.push_back({ids.text(), positions.text()});
  }
  return chunks;
}

// A process that just started takes over from one that may be dead, unless its store gave way to a worker that lives.
void require_no_copy(Transaction& transaction, const engine::Registration& registration, const OwnEpochs& own) {
  if (own.previous == 0 && registration.lost_to == 0) return;
  const std::int64_t after = own.previous != 0 ? own.previous : registration.lost_to - 1;
  ArrayLiteral tried;
  for (const std::int64_t epoch : own.tried) tried.add(epoch);
  const Rows other = transaction.run(
      "select host, pid, epoch from pawl.workers where store = $1::uuid and epoch > $2::bigint and stopped_at is null"
      " and expires_at > now() and epoch <> all($3::bigint[]) order by epoch desc limit 1",
      {registration.store_id, std::to_string(after), tried.text()});
  if (other.size() == 0) return;
  throw engine::StoreCopiedError(
      "register worker: pid " + other.string(0, 1) + " on host " + other.string(0, 0) +
          " has registered the same store since, so it runs on a copy of this checkpoint file, and goes on; move this "
          "file away and start again with a new one, or stop that worker and then start this one",
      other.integer(0, 2));
}

// Keeps the leases of waiting runs without counting a delivery; also of events that somebody freed meanwhile and nobody
// has claimed yet. Not of one that another worker ended and an operator resumed: it has another position, and a lease
// that this run's end would not find.
void keep_waiting(Transaction& transaction, const std::string& epoch, const EndedEpochs& older,
                  const WaitingChunk& chunk) {
  transaction.run(
      "update pawl.outbox set lease_epoch = $1::bigint, lease_batch = null, deliveries = greatest(deliveries, 1),"
      " mark_epoch = case when mark is not null then $1::bigint end"
      " where id = any($2::uuid[]) and position = any($3::bigint[])"
      " and (lease_epoch is null or lease_epoch = any($4::bigint[]))",
      {epoch, chunk.ids, chunk.positions, older.epochs});
}

// `offset 0` makes the planner look each event up by its id. What it knows of a table that fills and empties all day is
// often wrong, and a scan of the outbox for each event takes minutes with a backlog of 50,000.
void add_foreign(Transaction& transaction, const std::string& epoch, const std::string& ids, bool or_free,
                 std::vector<std::string>& foreign) {
  const Rows rows = transaction.run(
      "select i.id from unnest($2::uuid[]) i(id) left join lateral (select true as found from pawl.outbox o"
      " where o.id = i.id and (o.lease_epoch = $1::bigint or $3::boolean and o.lease_epoch is null) offset 0) o on true"
      " where o.found is null",
      {epoch, ids, or_free ? "t" : "f"});
  for (std::size_t row = 0; row < rows.size(); ++row) foreign.push_back(rows.string(row, 0));
}

// By the clock, not by a sequence: after a failover that lost commits, a sequence gives the numbers of the lost ones
// out again, and two workers would share an epoch and each keep the other's leases alive.
std::string new_epoch(Transaction& transaction, const std::string& store, const WorkerIdentity& identity) {
  ArrayLiteral workflows;
  for (const std::string& workflow : identity.workflows) workflows.add(workflow);
  for (;;) {  // again, in the next microsecond, if somebody else has this one
    const Rows rows = transaction.run(
        "insert into pawl.workers (epoch, store, host, pid, version, expires_at, path, workflows)"
        " overriding system value"
        " values ((extract(epoch from clock_timestamp()) * 1000000)::bigint, $1::uuid, $2, $3::int, $4,"
        " clock_timestamp() + $5::bigint * interval '1 microsecond', $6, $7::text[])"
        " on conflict (epoch) do nothing returning epoch",
        {store, host_name(), std::to_string(getpid()), identity.version, std::to_string(identity.lease.count()),
         storable_text(identity.path), workflows.text()});
    if (rows.size() > 0) return rows.string(0, 0);
  }
}

// Two workers that open one store take turns. By a row, because any role that may connect can take an advisory lock.
void hold_store(Transaction& transaction, const std::string& store, const WorkerIdentity& identity) {
  transaction.run(
      "insert into pawl.stores as s (store, opened_at, host, path, version) values ($1::uuid, now(), $2, $3, $4)"
      " on conflict (store) do update set opened_at = excluded.opened_at, host = excluded.host, path = excluded.path,"
      " version = excluded.version, last_seen_at = now(), stopped = false",
      {store, host_name(), storable_text(identity.path), identity.version});
}

}  // namespace

engine::Registered register_worker(PostgresConnection& connection, const engine::Registration& registration,
                                   const WorkerIdentity& identity, OwnEpochs& own, TakeoverNews& news) {
  const std::string& store = registration.store_id;
  engine::Registered registered;
  Takeovers freed;
  connection.transact("register worker", [&](Transaction& transaction) {
    registered = {};
    freed.clear();
    hold_store(transaction, store, identity);
    require_no_copy(transaction, registration, own);
    const std::string epoch = new_epoch(transaction, store, identity);
    own.tried.push_back(std::stoll(epoch));
    const EndedEpochs older = EndedEpochs::end(transaction, "store = $1::uuid and epoch <> $2::bigint", {store, epoch});
    const auto waiting = chunks(registration.waiting);
    for (const WaitingChunk& chunk : waiting) keep_waiting(transaction, epoch, older, chunk);
    // A fresh store ends nobody and has no runs: its first sweep finds what is left without an epoch.
    if (older.epochs != "{}" || !waiting.empty() || !registration.moving.empty())
      freed = free_events(transaction, older, std::stoll(epoch));
    for (const WaitingChunk& chunk : waiting) add_foreign(transaction, epoch, chunk.ids, false, registered.foreign);
    for (const std::string& ids : id_chunks(registration.moving))
      add_foreign(transaction, epoch, ids, true, registered.foreign);
    registered.epoch = std::stoll(epoch);
    engine::crash_point(engine::CrashPoint::kBeforeRegistered);
  });
  engine::crash_point(engine::CrashPoint::kAfterRegistered);
  news.add(freed);
  return registered;
}

void free_expired_epochs(PostgresConnection& connection, std::int64_t by_epoch, TakeoverNews& news) {
  const std::string operation = "free events of expired leases";
  const Rows any = connection.run(operation, "select from pawl.workers where expires_at < now() limit 1", {});
  if (any.size() == 0) return;
  Takeovers freed;
  connection.transact(operation, [&](Transaction& transaction) {
    const EndedEpochs expired = EndedEpochs::end(
        transaction, "epoch in (select epoch from pawl.workers where expires_at < now() for update skip locked)", {});
    freed = free_events(transaction, expired, by_epoch);
    engine::crash_point(engine::CrashPoint::kBeforeFreed);
  });
  engine::crash_point(engine::CrashPoint::kAfterFreed);
  news.add(freed);
}

void free_events_of_nobody(PostgresConnection& connection, std::int64_t by_epoch, TakeoverNews& news) {
  Takeovers freed;
  connection.transact("free events of epochs without a row", [&](Transaction& transaction) {
    freed = free_events(transaction, {}, by_epoch);
    engine::crash_point(engine::CrashPoint::kBeforeFreed);
  });
  engine::crash_point(engine::CrashPoint::kAfterFreed);
  news.add(freed);
}

}  // namespace pawl::storage
