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
  std::string notifications;  ///< The application's table, quoted; empty: none.
  bool emails = false;
  bool people = false;
  bool takeovers = false;
  bool pauses = false;
};

Readable look(PostgresConnection& connection) {
  const Rows found = connection.run(
      "look for what is told of runs",
      "select coalesce(bool_or(v.name = 'emails'), false), coalesce(bool_or(v.name = 'people'), false),"
      " coalesce(bool_or(v.name = 'takeovers'), false), coalesce(bool_or(v.name = 'application'), false),"
      " coalesce(bool_or(v.name = 'pauses'), false)"
      " from (values ('emails', to_regclass('pawl.v1_emails')), ('people', to_regclass('pawl.recipients')),"
      " ('takeovers', to_regclass('pawl.v1_takeovers')), ('pauses', to_regclass('pawl.v1_pauses')), ('application', "
      "to_regclass('pawl.application')))"
      " v (name, view) where v.view is not null and has_any_column_privilege(v.view, 'select')",
      {});
  Readable readable;
  readable.emails = found.boolean(0, 0);
  readable.people = found.boolean(0, 1);
  readable.takeovers = found.boolean(0, 2);
  readable.pauses = found.boolean(0, 4);
  if (!found.boolean(0, 3)) return readable;
  const Rows table =
      connection.run("find notifications", "select format('%I.notifications', schema) from pawl.application", {});
  if (table.size() > 0) readable.notifications = table.string(0, 0);
  return readable;
}

// Batches came later than commands: where the column is not there, there is none.
void read_entries(PostgresConnection& connection, const Readable& readable, const std::string& run_id,
                  RunHistory& history) {
  std::string entries =
      "select requested_at as at, verb as what, coalesce(user_id::text, '') as user_id, outcome as status,"
      " concat_ws('; ', note, 'batch ' || (to_jsonb(c)->>'batch')) as detail,"
      " requested_by || case when position(db_user in requested_by) > 0 then '' else ' as ' || db_user end as by"
      " from pawl.commands c where event_id = $1::uuid";
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

// A run that was made from another one tells under that one's keys.
constexpr const char* kOfItsEffects =
    " where event_id = coalesce((select effects_of from pawl.v1_events"
    " where run_id = $1::uuid and effects_of is not null limit 1), $1::uuid)";

void read_deliveries(PostgresConnection& connection, const Readable& readable, const std::string& run_id,
                     RunHistory& history) {
  std::string channels;
  if (!readable.notifications.empty())
    channels =
        "select 'in-app' as channel, user_id, '' as address, 'created' as state, title as detail,"
        " created_at as at from " +
        readable.notifications + kOfItsEffects;
  if (readable.emails)
    channels.append(channels.empty() ? "" : " union all ")
        .append(
            "select 'email' as channel, user_id, address, state, reply as detail,"
            " coalesce(settled_at, claimed_at) as at from pawl.v1_emails")
        .append(kOfItsEffects);
  if (channels.empty()) return;
  const Rows rows = connection.run("list deliveries",
                                   "select channel, user_id, address, state, detail, " + rfc3339("at") + " from (" +
                                       channels + ") d order by at, channel, user_id",
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
                                   "select distinct on (user_id) user_id, coalesce(full_name, ''), coalesce(email, '')"
                                   " from pawl.recipients where user_id = any($1::text[]::uuid[]) order by user_id",
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
  read_deliveries(connection, readable, run_id, history);
  read_lineage(connection, run_id, history);
  if (readable.people) read_people(connection, users, history);
  return history;
}

std::vector<std::string> runs_that_notified(const PostgresAddress& address, const NotifiedQuestion& question) {
  PostgresConnection connection(address);
  const Readable readable = look(connection);
  const std::string when = "($3::bigint = 0 or told_at >= now() - $3::bigint * interval '1 second')";
  std::string told;
  const auto add = [&told](const std::string& select) {
    told.append(told.empty() ? "" : " union all ").append(select);
  };
  const std::string mailed = "select event_id, coalesce(settled_at, claimed_at) as told_at from pawl.v1_emails";
  if (!readable.notifications.empty() && !question.user_id.empty())
    add("select event_id, created_at as told_at from " + readable.notifications + " where user_id = $1::uuid");
  if (readable.emails && !question.user_id.empty()) add(mailed + " where user_id = $1::uuid");
  if (readable.emails && !question.email.empty()) add(mailed + " where lower(address) = lower($2)");
  if (told.empty()) return {};
  const Rows rows = connection.run(
      "look who was told",
      "with asked as (select $1::text, $2::text), told as (select distinct event_id from (" + told +
          ") t (event_id, told_at) where " + when +
          ") select event_id from told"
          " union select e.run_id from told t join pawl.v1_events e on e.effects_of = t.event_id order by 1",
      {question.user_id, question.email, std::to_string(question.since_seconds)});
  std::vector<std::string> runs;
  for (std::size_t row = 0; row < rows.size(); ++row) runs.push_back(rows.string(row, 0));
  return runs;
}

}  // namespace pawl::storage
