// Asks the views; whatever is asked for by id is looked up by its key.
#include "storage/outbox/fleet/runs.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "storage/postgres/text/array_literal.h"
#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

// The first and the last UUID that begin so; a part of a UUID is one of its hexadecimal digits.
std::pair<std::string, std::string> range_of(const std::string& part) {
  std::string digits;
  std::ranges::copy_if(part, std::back_inserter(digits), [](char letter) { return letter != '-'; });
  digits.resize(std::min<std::size_t>(digits.size(), 32));
  std::string first = digits, last = digits;
  first.append(32 - digits.size(), '0');
  last.append(32 - digits.size(), 'f');
  return {first, last};
}

std::string columns_of_runs(bool with_payload) {
  return "v.run_id, v.event_id, coalesce(v.workflow, ''), v.status, coalesce(v.reason, ''), v.type, v.aggregatetype,"
         " v.aggregateid, " +
         std::string(with_payload ? "v.payload::text" : "''") + ", " + utc_text("v.created_at") + ", " +
         utc_text("v.finished_at") +
         ", v.deliveries, v.resumes, coalesce(s.store::text, ''), coalesce(s.host, ''),"
         " coalesce(s.path, '')";
}

// The store is the living worker's, which has the run, or the one that had it last.
const std::string kOfStores =
    " left join pawl.v1_workers w on w.epoch = v.epoch"
    " left join pawl.v1_stores s on s.store = coalesce(v.store, w.store)";

// As literals, so that the planner leaves out the archive where only the unfinished are asked for, looks through the
// outbox only where it has to, and finds the failed by their own index.
std::string status_condition(const std::vector<std::string>& statuses) {
  if (statuses.empty()) return "";
  const bool unfinished = std::ranges::any_of(
      statuses, [](const std::string& status) { return status == "pending" || status == "leased"; });
  return " and v.status in (" + sql_literals(statuses) + ")" + (unfinished ? "" : " and v.finished_at is not null");
}

bool is_failed_alone(const std::vector<std::string>& statuses) {
  return statuses.size() == 1 && statuses.front() == "failed";
}

FleetRun run_from(const Rows& rows, std::size_t row) {
  return {.run_id = rows.string(row, 0),
          .event_id = rows.string(row, 1),
          .workflow = rows.string(row, 2),
          .status = rows.string(row, 3),
          .reason = rows.string(row, 4),
          .type = rows.string(row, 5),
          .aggregate_type = rows.string(row, 6),
          .aggregate_id = rows.string(row, 7),
          .payload = rows.string(row, 8),
          .created_at = rows.string(row, 9),
          .finished_at = rows.string(row, 10),
          .deliveries = rows.integer(row, 11),
          .resumes = rows.integer(row, 12),
          .store = rows.string(row, 13),
          .host = rows.string(row, 14),
          .path = rows.string(row, 15)};
}

}  // namespace

std::vector<WaitingRun> read_waiting(PostgresConnection& connection, const WaitingFilter& filter) {
  ArrayLiteral runs;
  for (const std::string& run : filter.runs) runs.add(run);
  std::string where = " where true";  // a condition that is not asked for keeps none from its key
  if (!filter.runs.empty()) where += " and run_id = any($1::uuid[])";
  if (!filter.workflow.empty()) where += " and workflow = $2";
  if (!filter.step.empty()) where += " and step = $3";
  const Rows rows = connection.run(
      "list what waits",
      "with asked as (select $1::uuid[], $2::text, $3::text)"
      " select run_id, event_id, coalesce(workflow, ''), type, state, reason, " +
          utc_text("since") + ", " + utc_text("until") +
          ", coalesce(step, ''), coalesce(store::text, ''), coalesce(host, ''), coalesce(mark, ''), deliveries"
          " from pawl.v1_waiting" +
          where + " order by run_id limit $4::bigint",
      {runs.text(), filter.workflow, filter.step, std::to_string(filter.limit)});
  std::vector<WaitingRun> waiting;
  for (std::size_t row = 0; row < rows.size(); ++row)
    waiting.push_back({.run_id = rows.string(row, 0),
                       .event_id = rows.string(row, 1),
                       .workflow = rows.string(row, 2),
                       .type = rows.string(row, 3),
                       .state = rows.string(row, 4),
                       .reason = rows.string(row, 5),
                       .since = rows.string(row, 6),
                       .until = rows.string(row, 7),
                       .step = rows.string(row, 8),
                       .store = rows.string(row, 9),
                       .host = rows.string(row, 10),
                       .mark = rows.string(row, 11),
                       .deliveries = rows.integer(row, 12)});
  return waiting;
}

std::int64_t count_unfinished(PostgresConnection& connection, const std::string& workflow) {
  return connection
      .run("count unfinished runs", "select count(*) from pawl.outbox where $1 = '' or workflow = $1", {workflow})
      .integer(0, 0);
}

namespace {

// $1 to $8 are as list_fleet_runs() gives them.
std::string conditions(const FleetRunFilter& filter) {
  std::string where = " where true" + status_condition(filter.statuses);
  if (!filter.event_id.empty()) where += " and v.run_id = any(array(select r.run_id from pawl.runs_of($2::uuid) r))";
  if (!filter.aggregate_id.empty()) where += " and v.aggregateid = $3";
  if (!filter.workflow.empty()) where += " and v.workflow = $4";
  if (!filter.tenant.empty()) where += " and v.headers->>'tenant' = $6";
  if (filter.until_seconds > 0) where += " and v.finished_at < now() - $7::bigint * interval '1 second'";
  if (filter.run_ids) where += " and v.run_id = any($8::uuid[])";
  return where;
}

// By an index that has the order: of the failed, of what they are about, else of the ids, which are in order of time.
std::string order_of(const FleetRunFilter& filter) {
  if (is_failed_alone(filter.statuses)) return "finished_at desc, run_id desc";
  return filter.aggregate_id.empty() ? "run_id desc" : "created_at desc, run_id desc";
}

// With a bound on the end the unfinished and the finished are asked for apart: of the archive only the months behind
// that bound are read.
std::string picked(const FleetRunFilter& filter) {
  const std::string ordered = " order by v." + order_of(filter) + " limit $5::bigint";
  const std::string from = "select v.* from pawl.v1_events v" + conditions(filter);
  if (filter.since_seconds == 0) return from + ordered;
  return "select * from (" + from + " and v.status in ('pending', 'leased')" + ordered +
         ") unfinished union all select * from (" + from +
         " and v.finished_at > now() - $1::bigint * interval '1 second'" + ordered + ") finished";
}

// What is asked is $1 to $8 of `sql`; $5 is the limit.
Rows ask_for_runs(PostgresConnection& connection, const FleetRunFilter& filter, const std::string& sql) {
  ArrayLiteral run_ids;
  if (filter.run_ids)
    for (const std::string& id : *filter.run_ids) run_ids.add(id);
  const std::string nobody = "00000000-0000-0000-0000-000000000000";
  return connection.run("list runs",
                        "with asked as (select $1::bigint, $2::uuid, $3::text, $4::text, $6::text, $7::bigint,"
                        " $8::uuid[]), picked as materialized (" +
                            picked(filter) + ") " + sql,
                        {std::to_string(filter.since_seconds), filter.event_id.empty() ? nobody : filter.event_id,
                         filter.aggregate_id, filter.workflow, std::to_string(filter.limit), filter.tenant,
                         std::to_string(filter.until_seconds), run_ids.text()});
}

}  // namespace

std::vector<FleetRun> list_fleet_runs(PostgresConnection& connection, const FleetRunFilter& filter) {
  const Rows rows = ask_for_runs(connection, filter,
                                 "select " + columns_of_runs(false) + " from picked v" + kOfStores + " order by v." +
                                     order_of(filter) + " limit $5::bigint");
  std::vector<FleetRun> runs;
  for (std::size_t row = 0; row < rows.size(); ++row) runs.push_back(run_from(rows, row));
  return runs;
}

std::size_t count_fleet_runs(PostgresConnection& connection, const FleetRunFilter& filter) {
  FleetRunFilter all = filter;
  all.limit += kCountedMax;
  return static_cast<std::size_t>(
      ask_for_runs(connection, all, "select least(count(*), $5::bigint) from picked").integer(0, 0));
}

std::optional<FleetRun> read_fleet_run(PostgresConnection& connection, const std::string& run_id) {
  const Rows rows = connection.run("look for a run",
                                   "select " + columns_of_runs(true) + " from pawl.v1_events v" + kOfStores +
                                       " where v.run_id = $1::uuid order by v.finished_at is null desc limit 1",
                                   {run_id});
  return rows.size() > 0 ? std::optional(run_from(rows, 0)) : std::nullopt;
}

// Beginnings by the keys; ends among the latest, by the same keys backwards.
std::vector<engine::RunName> fleet_runs_like(PostgresConnection& connection, const std::string& part,
                                             std::size_t limit) {
  const auto [first, last] = range_of(part);
  std::string found, union_all;
  for (const std::string table : {"pawl.outbox", "pawl.outbox_archive"}) {
    for (const std::string column : {"id", "event"})
      for (const bool begins : {true, false}) {
        found += union_all + "(select id, event, workflow from ";
        if (begins)
          found += table + " where " + column + " between $1::uuid and $2::uuid";
        else
          found.append("(select id, event, workflow from ")
              .append(table)
              .append(" where ")
              .append(column)
              .append(" is not null order by ")
              .append(column)
              .append(" desc limit $5::int) t where right(")
              .append(column)
              .append("::text, length($3::text)) = $3::text and length($3::text) < 36");
        found += " limit $4::int)";
        union_all = " union all ";
      }
  }
  const Rows rows = connection.run("look for runs",
                                   "select distinct f.id, coalesce(f.event, f.id), coalesce(f.workflow, '') from (" +
                                       found + ") f order by f.id limit $4::int",
                                   {first, last, part, std::to_string(limit), std::to_string(kSuffixWithin)});
  std::vector<engine::RunName> runs;
  for (std::size_t row = 0; row < rows.size(); ++row)
    runs.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2)});
  return runs;
}

}  // namespace pawl::storage
