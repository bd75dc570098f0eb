// Joins the outbox's parts: claims on one connection, finishing on another, heartbeats on a third.
#include "storage/outbox/postgres_outbox.h"

#include "engine/faults/crash_point.h"
#include "storage/outbox/chores/resolved_runs.h"
#include "storage/outbox/claims.h"
#include "storage/outbox/fleet/step_reports.h"
#include "storage/outbox/registration.h"
#include "storage/postgres/binary_array.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/fence.h"
#include "storage/postgres/text/array_literal.h"
#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

// As pawl.headers_to_keep would have them, which takes six times as long, so it sees to the rest alone. Most have
// nothing but a tenant.
const std::string kHeadersKept =
    "case when e.headers = jsonb_build_object('tenant', e.headers->>'tenant')"
    " or e.headers = jsonb_strip_nulls(jsonb_build_object('tenant', e.headers->>'tenant',"
    " 'traceparent', e.headers->>'traceparent', 'tracestate', e.headers->>'tracestate')) then e.headers"
    " else pawl.headers_to_keep(e.headers) end";

// One statement moves the events, so an unknown outcome is repeated as it is: the second time it finds nothing to move.
// A position alone names no event: after a failover that lost commits, the new primary gives it to another one.
//
// $2 and $3 the events, $4 to $14 what became of those that are not plainly done, or whose payload is kept without its
// secrets, as is what it is about.
//
// Looks each event up by its key, then fetches the rows by their places in one scan. `offset 0` and the places keep the
// planner from any other way: after an `analyze` that saw no leases it takes leased rows for rare, scans for them, and
// compares each with each that ended (measured: 250 ms a batch). A row that somebody else changes meanwhile, as a mark
// does, is at another place then and is passed over: finish() asks again for what is missing.
const std::string kArchive =
    "with " + fence({.columns = ", store"}) +
    ", ended as (delete from pawl.outbox o where o.ctid = any(array(select leased.place from mine"
    " cross join unnest($2::bigint[], $3::uuid[]) as f (position, id)"
    " cross join lateral (select l.ctid as place, l.id from pawl.outbox l where l.position = f.position"
    " and l.lease_epoch = mine.epoch offset 0) as leased where leased.id = f.id)) returning o.*),"
    " archived as (insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status,"
    " reason, resumable, failed_step, failed_key, failure_class, failure_code, parent, from_step, effects_of,"
    " stands_for, event, workflow, type, aggregatetype, aggregateid, payload, headers, withheld)"
    " select e.position, e.id, e.created_at, e.deliveries, e.resumes, mine.store, coalesce(f.status, 'done'),"
    " nullif(f.reason, ''), coalesce(f.resumable, 'anywhere'), nullif(f.failed_step, ''),"
    " case when f.failed_step <> '' then f.failed_key end, nullif(f.failure_class, ''), nullif(f.failure_code, ''),"
    " e.parent, e.from_step, e.effects_of, e.stands_for, e.event, e.workflow, e.type, e.aggregatetype,"
    " coalesce(nullif(f.about, ''), e.aggregateid), coalesce(nullif(f.payload, '')::jsonb, e.payload),"
    " " +
    kHeadersKept +
    ", nullif(f.withheld, 0)"
    " from mine cross join ended e"
    " left join (select distinct on (position) * from unnest($4::bigint[], $5::text[], $6::text[],"
    " $7::text[], $8::text[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])"
    " as t (position, status, reason, resumable, payload, withheld, failed_step, failed_key, failure_class,"
    " failure_code, about)) f"
    " using (position))"
    " select (select count(*) from ended), " +
    kLeaseHeld;

// $1 epoch, $2 above, $3 limit. Writes and locks nothing: what is found after the epoch is over was freed with it.
std::string marks_sql(const std::string& by, const std::string& note) {
  return "select o.position, o.id, o.mark, coalesce(" + by + ", ''), coalesce(" + note + ", ''), coalesce(" +
         microseconds_of("o.marked_at") +
         ", 0) from pawl.outbox o"
         " where o.mark_epoch = $1::bigint and o.lease_epoch = $1::bigint and o.position > $2::bigint"
         " order by o.position limit $3::int";
}

const std::string kMarks = marks_sql("o.marked_by", "o.mark_note");

// Where one of them holds bytes that are no text, and was written past the triggers that see to it.
const std::string kMarksInAscii = marks_sql("regexp_replace(o.marked_by, '[^[:ascii:]]', '?', 'g')",
                                            "regexp_replace(o.mark_note, '[^[:ascii:]]', '?', 'g')");

// $2 and $3 the marks: position, and when it was asked for. That of a cancellation is only not shown again.
const std::string kTakeOff = "with " + fence() +
                             ", taken as (update pawl.outbox o set mark_epoch = null, mark = nullif(mark, 'retry-now'),"
                             " marked_by = case when mark = 'cancel' then marked_by end, marked_at = case when mark = "
                             "'cancel' then marked_at end,"
                             " mark_note = case when mark = 'cancel' then mark_note end"
                             " from mine cross join unnest($2::bigint[], $3::bigint[]) t (position, asked_at)"
                             " where o.position = t.position and o.lease_epoch = mine.epoch"
                             " and coalesce(" +
                             microseconds_of("o.marked_at") +
                             ", 0) = t.asked_at)"
                             " select " +
                             kLeaseHeld;

const std::string kRenew =
    "update pawl.workers set heartbeat_at = clock_timestamp(),"
    " expires_at = clock_timestamp() + $2::bigint * interval '1 microsecond' where epoch = $1::bigint";

}  // namespace

class PostgresOutbox::Lanes {
 public:
  Lanes(PostgresOutboxOptions given, Epoch& epoch)
      : options(std::move(given)),
        epoch(epoch),
        claims(options, epoch, news),
        ends(options.address),
        heart(options.address) {}

  const PostgresOutboxOptions options;
  Epoch& epoch;
  OwnEpochs own;
  TakeoverNews news;
  OutboxClaims claims;
  PostgresConnection ends;
  PostgresConnection heart;
};

PostgresOutbox::PostgresOutbox(PostgresOutboxOptions options, Epoch& epoch)
    : lanes_(std::make_unique<Lanes>(std::move(options), epoch)) {}

PostgresOutbox::~PostgresOutbox() = default;

engine::Registered PostgresOutbox::open(const engine::Registration& registration) {
  lanes_->own.previous = lanes_->epoch;
  const PostgresOutboxOptions& options = lanes_->options;
  const WorkerIdentity identity{options.version, options.path, options.workflows, options.lease};
  engine::Registered registered = register_worker(lanes_->ends, registration, identity, lanes_->own, lanes_->news);
  lanes_->epoch = registered.epoch;
  lanes_->claims.start_over(registration.store_id);
  return registered;
}

std::vector<engine::Event> PostgresOutbox::claim(const engine::ClaimRequest& request) {
  return lanes_->claims.claim(request);
}

bool PostgresOutbox::may_have_missed() const { return lanes_->claims.may_have_missed(); }

void PostgresOutbox::sleep(engine::Duration at_most) { lanes_->claims.sleep(at_most); }

void PostgresOutbox::release(std::span<const std::int64_t> unstarted_positions) {
  lanes_->claims.release(unstarted_positions);
}

std::size_t PostgresOutbox::finish(std::span<const engine::FinishedEvent> finished) {
  if (finished.empty()) return 0;
  engine::crash_point(engine::CrashPoint::kBeforeArchive);
  BigintArray positions, explained_positions, withheld;
  UuidArray ids;
  TextArray statuses, reasons, resumables, payloads, failed_steps, failed_keys, classes, codes, about;
  for (const engine::FinishedEvent& event : finished) {
    const bool done = event.status == engine::RunStatus::kDone;
    positions.add(event.position);
    ids.add(event.run_id);
    const bool is_plain = event.reason.empty() && event.payload.empty() && event.aggregate_id.empty();
    if (done && is_plain && event.resumable == engine::Resumable::kAnywhere) continue;
    explained_positions.add(event.position);
    statuses.add(to_string(event.status));
    const bool is_explained = done || !event.reason.empty();
    reasons.add(is_explained ? event.reason : std::string(to_string(event.status)).append(" without a reason"));
    resumables.add(to_string(event.resumable));
    payloads.add(event.payload);
    withheld.add(event.withheld);
    failed_steps.add(event.failure.step);
    failed_keys.add(event.failure.key);
    classes.add(to_string(event.failure.klass));
    codes.add(event.failure.code);
    about.add(event.aggregate_id);
  }
  const auto archive = [&] {
    const Rows rows = lanes_->ends.run_binary(
        "archive events", kArchive,
        {binary(lanes_->epoch.load()), positions.bytes(), ids.bytes(), explained_positions.bytes(), statuses.bytes(),
         reasons.bytes(), resumables.bytes(), payloads.bytes(), withheld.bytes(), failed_steps.bytes(),
         failed_keys.bytes(), classes.bytes(), codes.bytes(), about.bytes()});
    require_lease(rows.boolean(0, 1), "archive events", lanes_->epoch);
    return static_cast<std::size_t>(rows.integer(0, 0));
  };
  std::size_t archived = archive();
  for (std::size_t more = 1; archived < finished.size() && more > 0; archived += more) more = archive();
  engine::crash_point(engine::CrashPoint::kAfterArchive);
  return archived;
}

std::vector<engine::Mark> PostgresOutbox::marks(std::int64_t above) {
  const auto look = [&](const std::string& sql) {
    return lanes_->ends.run(
        "look for marks", sql,
        {std::to_string(lanes_->epoch.load()), std::to_string(above), std::to_string(engine::kMarksMax)});
  };
  const Rows rows = [&] {
    try {
      return look(kMarks);
    } catch (const ValueError&) {
      return look(kMarksInAscii);
    }
  }();
  std::vector<engine::Mark> marks;
  for (std::size_t row = 0; row < rows.size(); ++row)
    marks.push_back(
        {rows.text(row, 2) == "cancel" ? engine::Mark::Kind::kCancel : engine::Mark::Kind::kRetryNow,
         rows.integer(row, 0),
         rows.string(row, 1),
         {rows.string(row, 3), rows.string(row, 4), engine::Timestamp(engine::Duration(rows.integer(row, 5)))}});
  return marks;
}

void PostgresOutbox::take_off(std::span<const engine::Mark> marks) {
  ArrayLiteral positions, asked_at;
  for (const engine::Mark& mark : marks) {
    positions.add(mark.position);
    asked_at.add(static_cast<std::int64_t>(mark.asked.asked_at.time_since_epoch().count()));
  }
  engine::crash_point(engine::CrashPoint::kBeforeMarksTakenOff);
  const Rows rows = lanes_->ends.run("take marks off", kTakeOff,
                                     {std::to_string(lanes_->epoch.load()), positions.text(), asked_at.text()});
  require_lease(rows.boolean(0, 0), "take marks off", lanes_->epoch);
  engine::crash_point(engine::CrashPoint::kAfterMarksTakenOff);
}

std::vector<std::string> PostgresOutbox::resolved(std::span<const std::string> run_ids) {
  return resolved_runs(lanes_->ends, run_ids);
}

void PostgresOutbox::renew() {
  engine::crash_point(engine::CrashPoint::kBeforeRenewed);
  const Rows rows = lanes_->heart.run(
      "renew leases", kRenew, {std::to_string(lanes_->epoch.load()), std::to_string(lanes_->options.lease.count())});
  require_lease(rows.affected() > 0, "renew leases", lanes_->epoch);
  engine::crash_point(engine::CrashPoint::kAfterRenewed);
}

void PostgresOutbox::report(std::span<const engine::StepReport> steps, engine::Timestamp now) {
  write_step_reports(lanes_->ends, lanes_->epoch, steps, now);
}

std::vector<std::string> PostgresOutbox::application_problems() const { return lanes_->claims.application_problems(); }

Pruned PostgresOutbox::take_pruned() { return lanes_->claims.retention().take_pruned(); }

Takeovers PostgresOutbox::take_takeovers() { return lanes_->news.take(); }

std::string PostgresOutbox::prune_problem() const { return lanes_->claims.retention().problem(); }

Gauges PostgresOutbox::gauges() const { return lanes_->claims.gauges().read(); }

std::string PostgresOutbox::gauges_problem() const { return lanes_->claims.gauges().problem(); }

std::string PostgresOutbox::archive_problem() const { return lanes_->claims.archive_problem(); }

std::string PostgresOutbox::batch_problem() const { return lanes_->claims.batch_problem(); }

PostgresConnection& PostgresOutbox::connection_before_open() { return lanes_->claims.connection(); }

void PostgresOutbox::check_access() {
  lanes_->claims.check_access();
  const std::string nobody = binary(std::int64_t{0});
  const BigintArray positions;
  const UuidArray ids;
  const TextArray texts;
  lanes_->ends.run_binary(
      "archive events", kArchive,
      {nobody, positions.bytes(), ids.bytes(), positions.bytes(), texts.bytes(), texts.bytes(), texts.bytes(),
       texts.bytes(), positions.bytes(), texts.bytes(), texts.bytes(), texts.bytes(), texts.bytes(), texts.bytes()});
  lanes_->ends.run("look for marks", kMarks, {"0", "0", "0"});
  lanes_->ends.run("take marks off", kTakeOff, {"0", "{}", "{}"});
  resolved_runs(lanes_->ends, {});
  lanes_->heart.run("renew leases", kRenew, {"0", "0"});
}

}  // namespace pawl::storage
