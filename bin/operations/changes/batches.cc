// Reads pawl.v1_batches, and calls the functions that change them.
#include "bin/operations/changes/batches.h"

#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/query_text.h"
#include "engine/authoring/errors.h"
#include "engine/text/counted.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/text/array_literal.h"
#include "storage/postgres/text/sql_text.h"

namespace pawl::bin {

namespace {

constexpr std::size_t kNamed = 10;

const std::string kColumns = "batch, verb, state, runs, acted, owed, rate, requested_by, coalesce(note, ''), filter, " +
                             storage::utc_text("created_at") + ", " + storage::utc_text("finished_at") + ", " +
                             storage::utc_text("through_at") +
                             ", ceil(extract(epoch from through_at - now()))::bigint, coalesce(problem, '')";

Batch batch_from(const storage::Rows& rows, std::size_t row) {
  Batch batch{rows.integer(row, 0),
              rows.string(row, 1),
              rows.string(row, 2),
              rows.integer(row, 3),
              rows.integer(row, 4),
              rows.integer(row, 5),
              std::stod(rows.string(row, 6)),
              rows.string(row, 7),
              rows.string(row, 8),
              rows.string(row, 9),
              rows.string(row, 10),
              rows.string(row, 11),
              rows.string(row, 12)};
  if (!rows.null(row, 13)) batch.seconds_to_go = rows.integer(row, 13);
  batch.problem = rows.string(row, 14);
  return batch;
}

std::vector<Batch> batches_from(const storage::Rows& rows) {
  std::vector<Batch> batches;
  for (std::size_t row = 0; row < rows.size(); ++row) batches.push_back(batch_from(rows, row));
  return batches;
}

[[noreturn]] void throw_not_found(const storage::PostgresAddress& address, std::int64_t id) {
  std::string message = "there is no batch " + std::to_string(id);
  const std::vector<Batch> known = list_batches(address, kNamed);
  message += known.empty() ? "; there is none: `pawl resume --failed --yes` makes one" : "; there are:";
  for (const Batch& batch : known)
    message += "\n  " + std::to_string(batch.id) + "  " + batch.verb + " of " + engine::counted(batch.runs, "run") +
               ", " + batch.state;
  throw NotFoundError(message);
}

std::string advice(const std::string& outcome, const std::string& id) {
  if (outcome.ends_with("paused")) return "`pawl batch continue " + id + "` lets it go on";
  if (outcome.ends_with("running"))
    return "`pawl batch pause " + id + "` holds it, and `pawl batch watch " + id + "` shows it";
  return "`pawl batch show " + id + "` says what became of its runs";
}

std::vector<BatchOutcome> grouped(const storage::PostgresAddress& address, std::int64_t id, const std::string& sql) {
  storage::PostgresConnection connection(address);
  const storage::Rows rows = connection.run("show batch " + std::to_string(id), sql, {std::to_string(id)});
  std::vector<BatchOutcome> groups;
  for (std::size_t row = 0; row < rows.size(); ++row)
    groups.push_back({rows.string(row, 0), rows.integer(row, 1), rows.string(row, 2)});
  return groups;
}

}  // namespace

std::vector<Batch> list_batches(const storage::PostgresAddress& address, std::size_t limit) {
  storage::PostgresConnection connection(address);
  return batches_from(connection.run(
      "list batches", "select " + kColumns + " from pawl.v1_batches order by batch desc limit $1::bigint",
      {std::to_string(limit)}));
}

Batch find_batch(const storage::PostgresAddress& address, std::int64_t id) {
  storage::PostgresConnection connection(address);
  const storage::Rows rows =
      connection.run("show batch " + std::to_string(id),
                     "select " + kColumns + " from pawl.v1_batches where batch = $1::bigint", {std::to_string(id)});
  if (rows.size() == 0) throw_not_found(address, id);
  return batch_from(rows, 0);
}

std::string batch_sql(std::int64_t id) {
  const std::string number = std::to_string(id);
  return QueryText("*", "pawl.v1_batches").where("batch = " + number).text("limit 1") +
         QueryText("outcome, count(*) as runs, min(run_id::text) as example", "pawl.v1_batch_runs")
             .where("batch = " + number)
             .text("group by outcome order by runs desc, outcome") +
         QueryText("status, runs, example", "pawl.batch_ends(" + number + ")").text("order by runs desc, status");
}

std::vector<BatchOutcome> outcomes_of(const storage::PostgresAddress& address, std::int64_t id) {
  return grouped(address, id,
                 "select coalesce(outcome, ''), count(*), min(run_id::text) from pawl.v1_batch_runs"
                 " where batch = $1::bigint group by outcome order by 2 desc, 1");
}

std::vector<BatchOutcome> ends_of(const storage::PostgresAddress& address, std::int64_t id) {
  return grouped(address, id, "select status, runs, example from pawl.batch_ends($1::bigint)");
}

std::map<std::string, std::string> owed_to(const storage::PostgresAddress& address,
                                           const std::vector<std::string>& run_ids) {
  storage::ArrayLiteral ids;
  for (const std::string& id : run_ids) ids.add(id);
  storage::PostgresConnection connection(with_short_answers(address.conninfo));
  const storage::Rows rows = connection.run(
      "look for batches",
      "select r.run_id, min('batch ' || b.batch || case b.state when 'paused' then ', which is paused,' else '' end ||"
      " ' will ' || b.verb || ' it') from pawl.v1_batch_runs r join pawl.v1_batches b on b.batch = r.batch"
      " where r.run_id = any($1::uuid[]) and r.done_at is null group by r.run_id",
      {ids.text()});
  std::map<std::string, std::string> owed;
  for (std::size_t row = 0; row < rows.size(); ++row) owed.emplace(rows.string(row, 0), rows.string(row, 1));
  return owed;
}

std::map<std::string, std::string> owed_if_known(const storage::PostgresAddress& address,
                                                 std::vector<std::string> run_ids) try {
  std::erase_if(run_ids, [](const std::string& id) { return !is_full_id(id); });
  return run_ids.empty() ? std::map<std::string, std::string>{} : owed_to(address, run_ids);
} catch (const engine::Error&) {
  return {};
}

std::string owed_if_known(const storage::PostgresAddress& address, const std::string& run_id) {
  return owed_if_known(address, std::vector{run_id})[run_id];
}

void control_batch(const storage::PostgresAddress& address, std::int64_t id, const std::string& verb,
                   const std::string& requested_by, const std::string& note) {
  storage::PostgresConnection connection(address);
  const std::string name = std::to_string(id);
  const std::string outcome =
      connection
          .run("batch " + verb + " " + name, "select pawl.control_batch($1::bigint, $2, $3, nullif($4, ''), $5::uuid)",
               {name, verb, storage::storable_text(requested_by), storage::storable_text(note),
                storage::choose_request(connection)})
          .string(0, 0);
  if (outcome == "not found") throw_not_found(address, id);
  if (outcome.starts_with("not "))
    throw engine::RefusedError("cannot " + verb + " batch " + name + ": " + outcome.substr(outcome.find(": ") + 2) +
                               "; " + advice(outcome, name));
}

bool worker_lives(const storage::PostgresAddress& address) {
  storage::PostgresConnection connection(address);
  return connection
      .run("look for workers", "select exists (select from pawl.v1_workers where state in ('awake', 'asleep'))", {})
      .boolean(0, 0);
}

BatchWork::BatchWork(const storage::PostgresAddress& address, std::int64_t id)
    : id_(id), connection_(std::make_unique<storage::PostgresConnection>(address)) {}

BatchWork::~BatchWork() = default;

BatchWork::Step BatchWork::step() {
  const storage::Rows rows =
      connection_->run("work on batch " + std::to_string(id_),
                       "select running, acted_on, coalesce(next_in_seconds, 0), coalesce(failing, '')"
                       " from pawl.work_on_batches(null, 500, $1::bigint)",
                       {std::to_string(id_)});
  return {rows.integer(0, 0) > 0, rows.integer(0, 1), std::stod(rows.string(0, 2)), rows.string(0, 3)};
}

}  // namespace pawl::bin
