// Joins the outbox's parts: claims on one connection, finishing on another, heartbeats on a third.
#include "storage/postgres_outbox.h"

#include "engine/crash_point.h"
#include "storage/array_literal.h"
#include "storage/outbox_claims.h"
#include "storage/outbox_registration.h"
#include "storage/postgres_connection.h"

namespace pawl::storage {

namespace {

// One statement moves the events, so an unknown outcome is repeated as it is: the second time it finds nothing to move.
// A position alone names no event: after a failover that lost commits, the new primary gives it to another one.
//
// `offset 0` keeps the planner from starting at the outbox: after an `analyze` that saw no leases it takes leased rows
// for rare, scans for them, and compares each with each that ended (measured: 250 ms a batch, 4 ms this way).
// While we hold the lease nobody else changes the row, so that its place stays.
const std::string kArchive =
    "with mine as materialized (select epoch, store from pawl.workers where epoch = $1::bigint for key share),"
    " ended as (delete from pawl.outbox o using (select f.status, f.reason, mine.store, leased.place from mine"
    " cross join unnest($2::bigint[], $3::text[], $4::text[], $5::uuid[]) as f (position, status, reason, id)"
    " cross join lateral (select l.ctid as place from pawl.outbox l where l.position = f.position and l.id = f.id"
    " and l.lease_epoch = mine.epoch offset 0) as leased) as f where o.ctid = f.place"
    " returning o.*, f.store as run_store, f.status, f.reason),"
    " archived as (insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status,"
    " reason, type, aggregatetype, aggregateid, payload, headers)"
    " select position, id, created_at, deliveries, resumes, run_store, status, nullif(reason, ''), type,"
    " aggregatetype, aggregateid, payload, headers from ended returning 1)"
    " select (select count(*) from archived), exists (select from mine)";

const std::string kRenew =
    "update pawl.workers set heartbeat_at = clock_timestamp(),"
    " expires_at = clock_timestamp() + $2::bigint * interval '1 microsecond' where epoch = $1::bigint";

}  // namespace

class PostgresOutbox::Body {
 public:
  Body(PostgresOutboxOptions given, Epoch& epoch)
      : options(std::move(given)),
        epoch(epoch),
        claims(options.address, options.listen, options.archive_care, epoch),
        ends(options.address),
        heart(options.address) {}

  const PostgresOutboxOptions options;
  Epoch& epoch;
  OutboxClaims claims;
  PostgresConnection ends;
  PostgresConnection heart;
};

PostgresOutbox::PostgresOutbox(PostgresOutboxOptions options, Epoch& epoch)
    : body_(std::make_unique<Body>(std::move(options), epoch)) {}

PostgresOutbox::~PostgresOutbox() = default;

engine::Registered PostgresOutbox::open(const engine::Registration& registration) {
  engine::Registered registered =
      register_worker(body_->ends, registration, body_->options.version, body_->options.lease, body_->epoch);
  body_->epoch = registered.epoch;
  body_->claims.start_over(registration.store_id);
  return registered;
}

std::vector<engine::Event> PostgresOutbox::claim(const engine::ClaimRequest& request) {
  return body_->claims.claim(request);
}

void PostgresOutbox::sleep(engine::Duration at_most) { body_->claims.sleep(at_most); }

void PostgresOutbox::release(std::span<const std::int64_t> unstarted_positions) {
  body_->claims.release(unstarted_positions);
}

std::size_t PostgresOutbox::finish(std::span<const engine::FinishedEvent> finished) {
  if (finished.empty()) return 0;
  engine::crash_point(engine::CrashPoint::kBeforeArchive);
  ArrayLiteral positions, ids, statuses, reasons;
  for (const engine::FinishedEvent& event : finished) {
    const bool failed = event.status == engine::RunStatus::kFailed;
    positions.add(event.position);
    ids.add(event.event_id);
    statuses.add(failed ? "failed" : "done");
    reasons.add(failed && event.reason.empty() ? "failed without a reason" : std::string_view(event.reason));
  }
  const Rows rows = body_->ends.run(
      "archive events", kArchive,
      {std::to_string(body_->epoch.load()), positions.text(), statuses.text(), reasons.text(), ids.text()});
  if (!rows.boolean(0, 1)) throw_lease_lost("archive events", body_->epoch);
  engine::crash_point(engine::CrashPoint::kAfterArchive);
  return static_cast<std::size_t>(rows.integer(0, 0));
}

void PostgresOutbox::renew() {
  engine::crash_point(engine::CrashPoint::kBeforeRenewed);
  const Rows rows = body_->heart.run(
      "renew leases", kRenew, {std::to_string(body_->epoch.load()), std::to_string(body_->options.lease.count())});
  if (rows.affected() == 0) throw_lease_lost("renew leases", body_->epoch);
  engine::crash_point(engine::CrashPoint::kAfterRenewed);
}

void PostgresOutbox::rehearse() {
  body_->claims.rehearse();
  body_->ends.run("archive events", kArchive, {"0", "{}", "{}", "{}", "{}"});
  body_->heart.run("renew leases", kRenew, {"0", "0"});
}

}  // namespace pawl::storage
