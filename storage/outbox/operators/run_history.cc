// Asks for what there is in this database, in a few statements over one connection.
#include "storage/outbox/operators/run_history.h"

#include <algorithm>
#include <set>

#include "engine/authoring/uuid.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/text/array_literal.h"
#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

constexpr std::size_t kPausesMax = 100;  // the latest; more of one run tell nothing new

std::string rfc3339(const std::string& moment) { return utc_text(moment, Fraction::kMicroseconds); }

/// What of it is there and open to this role.
struct Readable {
  bool deliveries = false;
  bool takeovers = false;
  bool pauses = false;
};

constexpr const char* kMayAskWhoWasNotified =
    "coalesce(has_function_privilege(to_regprocedure('pawl.deliveries_of(uuid)'), 'execute'), false)";

Readable look(PostgresConnection& connection) {
  const Rows found = connection.run(
      "look for what is told of runs",
      std::string(
          "select coalesce(bool_or(v.name = 'takeovers'), false), coalesce(bool_or(v.name = 'pauses'), false), ") +
          kMayAskWhoWasNotified +
          " from (values ('takeovers', to_regclass('pawl.v1_takeovers')), ('pauses', to_regclass('pawl.v1_pauses')))"
          " v (name, view) where v.view is not null and has_any_column_privilege(v.view, 'select')",
      {});
  return {.deliveries = found.boolean(0, 2), .takeovers = found.boolean(0, 0), .pauses = found.boolean(0, 1)};
}

// What was said of a mail is said of the run that it is kept under. Batches came later than commands: where the column
// is not there, there is none.
void read_entries(PostgresConnection& connection, const Readable& readable, const std::string& run_id,
                  RunHistory& history) {
  std::string entries =
      "select requested_at as at, verb as what, coalesce(user_id::text, '') as user_id, outcome as status,"
      " concat_ws('; ', note, 'batch ' || (to_jsonb(c)->>'batch')) as detail,"
      " requested_by || case when position(db_user in requested_by) > 0 then '' else ' as ' || db_user end as by"
      " from pawl.commands c where event_id = $1::uuid or (user_id is not null and event_id = (select e.effects_of"
      " from pawl.v1_events e where e.run_id = $1::uuid and e.effects_of is not null limit 1))";
  if (readable.takeovers)
    entries +=
        " union all select at, 'takeover', '', 'set free', concat('from ', coalesce(from_host, 'a worker'), ' (epoch ',"
        " from_epoch, ') by ', coalesce(by_host, 'a worker'), ' (epoch ', by_epoch, ')'), ''"
        " from pawl.v1_takeovers where run_id = $1::uuid";
  const Rows rows = connection.run(
      "read commands",
      "select " + rfc3339("at") + ", what, user_id, status, detail, by from (" + entries + ") e order by at", {run_id});
  for (std::size_t row = 0; row < rows.size(); ++row)
    history.entries.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.string(row, 3),
                               rows.string(row, 4), rows.string(row, 5)});
}

// While the run was unfinished, in a worker that had it or that its checkpoints are of.
void read_pauses(PostgresConnection& connection, const Readable& readable, const std::string& run_id,
                 RunHistory& history) {
  std::string stores = "select r.store union all select w.store from pawl.v1_workers w where w.epoch = r.epoch";
  if (readable.takeovers) stores += " union all select t.from_store from pawl.v1_takeovers t where t.run_id = r.run_id";
  const Rows rows =
      connection.run("read pauses",
                     "select " + rfc3339("p.since") +
                         ", p.step, case when p.ended_at is null then 'paused' else 'over' end, p.reason"
                         " || coalesce('; until ' || " +
                         rfc3339("p.ended_at") +
                         ", '') from pawl.v1_events r join pawl.v1_pauses p"
                         " on r.workflow = any(p.workflows) and p.since < coalesce(r.finished_at, 'infinity')"
                         " and coalesce(p.ended_at, 'infinity') > r.created_at and p.store in (" +
                         stores +
                         ")"
                         " where r.run_id = $1::uuid order by p.since desc limit " +
                         std::to_string(kPausesMax + 1),
                     {run_id});
  for (std::size_t row = 0; row < std::min(rows.size(), kPausesMax); ++row)
    history.entries.push_back(
        {rows.string(row, 0), "paused", "", rows.string(row, 2), rows.string(row, 3), "", rows.string(row, 1)});
  if (rows.size() > kPausesMax)
    history.entries.push_back({rows.string(kPausesMax, 0), "paused", "", "left out",
                               "this pause and all before it; pawl.v1_pauses has them", "", ""});
}

void read_deliveries(PostgresConnection& connection, const std::string& run_id, RunHistory& history) {
  const Rows rows = connection.run("list deliveries",
                                   "select channel, user_id, address, state, detail, " + rfc3339("at") +
                                       " from pawl.deliveries_of($1::uuid) order by at, channel, user_id",
                                   {run_id});
  for (std::size_t row = 0; row < rows.size(); ++row)
    history.deliveries.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.string(row, 3),
                                  rows.string(row, 4), rows.string(row, 5)});
}

void read_people(PostgresConnection& connection, const std::vector<std::string>& users, RunHistory& history) {
  std::set<std::string> ids(users.begin(), users.end());
  for (const Delivery& delivery : history.deliveries) ids.insert(delivery.user_id);
  for (const HistoryEntry& entry : history.entries)
    if (!entry.user_id.empty()) ids.insert(entry.user_id);
  if (ids.empty()) return;
  ArrayLiteral list;
  for (const std::string& id : ids) list.add(id);
  const Rows rows = connection.run("read names",
                                   "select user_id, coalesce(name, ''), coalesce(email, '')"
                                   " from pawl.people($1::text[]::uuid[])",
                                   {list.text()});
  for (std::size_t row = 0; row < rows.size(); ++row)
    history.people[rows.string(row, 0)] = {rows.string(row, 1), rows.string(row, 2)};
}

void read_lineage(PostgresConnection& connection, const std::string& run_id, RunHistory& history) {
  const Rows parent = connection.run(
      "read lineage", "select parent from pawl.v1_events where run_id = $1::uuid and parent is not null limit 1",
      {run_id});
  if (parent.size() > 0) history.parent = parent.string(0, 0);
  const Rows children =
      connection.run("read lineage",
                     "select run_id from pawl.v1_events where parent = $1::uuid order by created_at, run_id", {run_id});
  for (std::size_t row = 0; row < children.size(); ++row) history.children.push_back(children.string(row, 0));
}

}  // namespace

RunHistory history_of(const PostgresAddress& address, const std::string& run_id,
                      const std::vector<std::string>& users) {
  RunHistory history;
  if (!engine::is_uuid(run_id)) return history;
  PostgresConnection connection(address);
  const Readable readable = look(connection);
  read_entries(connection, readable, run_id, history);
  if (readable.pauses) read_pauses(connection, readable, run_id, history);
  std::ranges::stable_sort(history.entries, {}, &HistoryEntry::at);
  if (readable.deliveries) read_deliveries(connection, run_id, history);
  read_lineage(connection, run_id, history);
  if (readable.deliveries) read_people(connection, users, history);
  return history;
}

std::vector<std::string> runs_that_notified(const PostgresAddress& address, const NotifiedQuestion& question) {
  PostgresConnection connection(address);
  if (!connection.run("look for who was notified", std::string("select ") + kMayAskWhoWasNotified, {}).boolean(0, 0))
    return {};
  const Rows rows = connection.run(
      "look who was notified",
      "select r from pawl.runs_that_notified(nullif($1, '')::uuid, nullif($2, ''),"
      " case when $3::bigint = 0 then '-infinity' else now() - $3::bigint * interval '1 second' end) r order by r",
      {question.user_id, question.email, std::to_string(question.since_seconds)});
  std::vector<std::string> runs;
  for (std::size_t row = 0; row < rows.size(); ++row) runs.push_back(rows.string(row, 0));
  return runs;
}

}  // namespace pawl::storage
