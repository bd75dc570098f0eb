// Asks a few questions, each about tables that are small but for one pass over the unfinished runs.
#include "storage/outbox/fleet/fleet.h"

#include <algorithm>
#include <map>

#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

// Failures are counted up to here.
constexpr int kFailuresMax = 20'000;
// Of so many the reason is looked at; the others are counted by workflow and step.
constexpr int kReasonsMax = 500;

std::string age(const std::string& column) { return "coalesce(extract(epoch from now() - " + column + ")::float8, 0)"; }

double number(const Rows& rows, std::size_t row, int column) {
  return rows.null(row, column) ? 0 : std::stod(rows.string(row, column));
}

std::optional<std::int64_t> some_integer(const Rows& rows, std::size_t row, int column) {
  return rows.null(row, column) ? std::nullopt : std::optional(rows.integer(row, column));
}

std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> all;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    all.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return all;
}

// By workflow, type and worker in one pass; the workers are few.
void read_backlog(PostgresConnection& connection, Fleet& fleet) {
  const std::string oldest = "min(available_at) filter (where available_at <= now() and isfinite(available_at))";
  const Rows rows = connection.run(
      "look at the backlog",
      "select coalesce(workflow, ''), type, lease_epoch, count(*) filter (where available_at <= now()), count(*), " +
          utc_text(oldest) + ", " + age(oldest) + " from pawl.outbox group by 1, 2, 3 order by 1, 2",
      {});
  std::map<std::int64_t, std::int64_t> leased;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (fleet.backlog.empty() || fleet.backlog.back().workflow != rows.text(row, 0) ||
        fleet.backlog.back().type != rows.text(row, 1))
      fleet.backlog.push_back({.workflow = rows.string(row, 0), .type = rows.string(row, 1)});
    Backlog& backlog = fleet.backlog.back();
    const std::int64_t due = rows.integer(row, 3), all = rows.integer(row, 4);
    if (const auto epoch = some_integer(rows, row, 2)) {
      backlog.leased += all;
      leased[*epoch] += all;
    } else {
      backlog.due += due;
      backlog.not_due += all - due;
      backlog.longest_due_seconds = std::max(backlog.longest_due_seconds, number(rows, row, 6));
    }
    if (const std::string at = rows.string(row, 5);
        !at.empty() && (backlog.oldest_at.empty() || at < backlog.oldest_at)) {
      backlog.oldest_at = at;
      backlog.oldest_seconds = number(rows, row, 6);
    }
  }
  for (FleetStore& store : fleet.stores)
    if (store.epoch) store.leased = leased[*store.epoch];
}

void read_oldest(PostgresConnection& connection, Fleet& fleet) {
  const Rows rows = connection.run("look for the oldest run",
                                   "select id from pawl.outbox where available_at <= now() and isfinite(available_at)"
                                   " order by available_at limit 1",
                                   {});
  if (rows.size() > 0) fleet.oldest_run = rows.string(0, 0);
}

void read_failures(PostgresConnection& connection, Fleet& fleet) {
  const bool shapes = connection
                          .run("look for functions",
                               "select coalesce(has_function_privilege(to_regprocedure('pawl.reason_shape(text)'),"
                               " 'execute'), false)",
                               {})
                          .boolean(0, 0);
  const Rows rows = connection.run(
      "look at failed runs",
      "select coalesce(workflow, ''), coalesce(failed_step, ''), case when nth <= $2::int then " +
          std::string(shapes ? "pawl.reason_shape(reason)" : "reason") +
          " else '' end, count(*) filter (where finished_at > now() - interval '1 hour'), count(*), " +
          utc_text("max(finished_at)") +
          ", (array_agg(run_id order by finished_at desc))[1], sum(count(*)) over () = $1::int from (select workflow,"
          " failed_step, reason, finished_at, run_id, row_number() over (order by finished_at desc) as nth"
          " from pawl.v1_events where status = 'failed' and finished_at > now() - interval '1 day'"
          " order by finished_at desc limit $1::int) f group by 1, 2, 3 order by 5 desc, 3 limit 50",
      {std::to_string(kFailuresMax), std::to_string(kReasonsMax)});
  for (std::size_t row = 0; row < rows.size(); ++row) {
    fleet.failures.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.integer(row, 3),
                              rows.integer(row, 4), rows.string(row, 5), rows.string(row, 6)});
    fleet.more_failures = rows.boolean(row, 7);
  }
}

void read_older_failures(PostgresConnection& connection, Fleet& fleet) {
  const Rows rows = connection.run("look at older failed runs",
                                   "select count(*), count(*) = $1::int, " + utc_text("min(finished_at)") +
                                       " from (select finished_at from pawl.outbox_archive where status = 'failed' and"
                                       " finished_at <= now() - interval '1 day' order by finished_at limit $1::int) f",
                                   {std::to_string(kFailuresMax)});
  fleet.older_failed = rows.integer(0, 0);
  fleet.more_older_failed = rows.boolean(0, 1);
  fleet.oldest_failed_at = rows.string(0, 2);
}

void read_steps(PostgresConnection& connection, Fleet& fleet) {
  const Rows paused = connection.run("look at paused steps",
                                     "select step, host, reason, " + utc_text("since") + ", " + age("since") + ", " +
                                         utc_text("next_probe_at") + ", held from pawl.v1_circuits order by step, host",
                                     {});
  for (std::size_t row = 0; row < paused.size(); ++row)
    fleet.paused.push_back({paused.string(row, 0), paused.string(row, 1), paused.string(row, 2), paused.string(row, 3),
                            number(paused, row, 4), paused.string(row, 5), paused.integer(row, 6)});
  const Rows calls = connection.run(
      "look at long calls",
      "select step, host, " + utc_text("since") + ", " + age("since") + ", calls from pawl.v1_calls order by since",
      {});
  for (std::size_t row = 0; row < calls.size(); ++row)
    fleet.calls.push_back({calls.string(row, 0), calls.string(row, 1), calls.string(row, 2), number(calls, row, 3),
                           calls.integer(row, 4)});
}

void read_batches(PostgresConnection& connection, Fleet& fleet) {
  const Rows rows = connection.run(
      "look at batches",
      "select batch, verb, state, owed, coalesce(problem, '') from pawl.v1_batches where state = 'paused'"
      " or state = 'running' and problem is not null order by batch",
      {});
  for (std::size_t row = 0; row < rows.size(); ++row)
    fleet.batches.push_back(
        {rows.integer(row, 0), rows.string(row, 1), rows.string(row, 2), rows.integer(row, 3), rows.string(row, 4)});
}

void read_in_doubt(PostgresConnection& connection, Fleet& fleet) {
  if (!connection.run("look for the mail ledger", "select to_regclass('pawl.v1_in_doubt') is not null", {})
           .boolean(0, 0))
    return;
  fleet.in_doubt = connection.run("count mails in doubt", "select count(*) from pawl.v1_in_doubt", {}).integer(0, 0);
}

}  // namespace

bool Fleet::runs(const std::string& workflow) const {
  return std::ranges::any_of(stores, [&](const FleetStore& store) {
    return lives(store) && std::ranges::find(store.workflows, workflow) != store.workflows.end();
  });
}

bool Fleet::any_lives() const {
  return std::ranges::any_of(stores, [&](const FleetStore& store) { return lives(store); });
}

std::vector<FleetStore> read_stores(PostgresConnection& connection) {
  const Rows rows = connection.run("look at the workers",
                                   "select s.store, s.host, s.path, s.version, s.state, " + utc_text("s.last_seen_at") +
                                       ", " + age("s.last_seen_at") +
                                       ", s.epoch, w.pid, array_to_string(w.workflows, chr(10))"
                                       " from pawl.v1_stores s left join pawl.v1_workers w on w.epoch = s.epoch"
                                       " order by s.state <> 'living', s.last_seen_at desc, s.store",
                                   {});
  std::vector<FleetStore> stores;
  for (std::size_t row = 0; row < rows.size(); ++row)
    stores.push_back({.store = rows.string(row, 0),
                      .host = rows.string(row, 1),
                      .path = rows.string(row, 2),
                      .version = rows.string(row, 3),
                      .state = rows.string(row, 4),
                      .last_seen_at = rows.string(row, 5),
                      .silent_seconds = number(rows, row, 6),
                      .epoch = some_integer(rows, row, 7),
                      .pid = some_integer(rows, row, 8),
                      .workflows = words(rows.string(row, 9))});
  return stores;
}

Fleet read_fleet(PostgresConnection& connection) {
  Fleet fleet;
  fleet.at = connection.run("ask for the time", "select " + utc_text("now()"), {}).string(0, 0);
  fleet.stores = read_stores(connection);
  read_backlog(connection, fleet);
  read_oldest(connection, fleet);
  read_failures(connection, fleet);
  read_older_failures(connection, fleet);
  read_steps(connection, fleet);
  read_batches(connection, fleet);
  read_in_doubt(connection, fleet);
  const Rows problems = connection.run("ask for problems", "select problem from pawl.problems() order by 1", {});
  for (std::size_t row = 0; row < problems.size(); ++row) fleet.problems.push_back(problems.string(row, 0));
  return fleet;
}

}  // namespace pawl::storage
