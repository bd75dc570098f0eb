// Emits, resumes and looks for events with one short-lived connection a call.
#include "storage/outbox/operators/event_admin.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"
#include "engine/authoring/uuid.h"
#include "engine/faults/crash_point.h"
#include "storage/outbox/operators/named_runs.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

std::string emit_once(const PostgresAddress& address, const NewEvent& event) {
  PostgresConnection connection(address);
  // The id is fixed before the event is written: emitting it again after a lost reply changes nothing.
  const std::string id =
      event.id.empty() ? connection.run("choose an id", "select pawl.new_event_id()", {}).string(0, 0) : event.id;
  engine::crash_point(engine::CrashPoint::kBeforeEmitted);
  std::string emitted;
  // In a transaction that says its isolation: a statement alone has the database's default, which pawl.emit may refuse.
  connection.transact("emit event of type " + event.type, [&](Transaction& transaction) {
    emitted = transaction
                  .run("select pawl.emit($1, $2, $3, $4::jsonb, $5::uuid)",
                       {event.type, event.aggregate_type, event.aggregate_id, event.payload, id})
                  .string(0, 0);
  });
  engine::crash_point(engine::CrashPoint::kAfterEmitted);
  return emitted;
}

using Outcomes = std::vector<ResumeOutcome>;

Outcomes joined(std::vector<Outcomes> of_id) {
  Outcomes all;
  for (Outcomes& outcomes : of_id) {
    if (std::ranges::any_of(outcomes, &ResumeOutcome::resumed))
      std::erase_if(outcomes, [](const ResumeOutcome& outcome) { return !outcome.resumed; });
    std::ranges::move(outcomes, std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::string emit_event(const PostgresAddress& address, const NewEvent& event) {
  if (!nlohmann::json::accept(event.payload))
    throw engine::PermanentError("emit event of type " + event.type + ": the payload is no JSON; check its quoting");
  if (!event.id.empty() && !engine::is_uuid(event.id))
    throw engine::PermanentError("emit event of type " + event.type + ": the id " + event.id + " is no UUID");
  try {
    return emit_once(address, event);
  } catch (const ValueError& error) {
    throw engine::PermanentError(error.what());
  }
}

std::vector<ResumeOutcome> resume_events(const PostgresAddress& address, const ResumeRequest& request) {
  std::vector<Outcomes> of_id(request.event_ids.size());
  ArrayLiteral ids;
  std::vector<std::size_t> asked;
  for (std::size_t i = 0; i < request.event_ids.size(); ++i) {
    const std::string& id = request.event_ids[i];
    if (!engine::is_uuid(id.substr(0, id.find('/')))) {
      of_id[i].push_back({id, false, "not found: this is no UUID"});
      continue;
    }
    ids.add(id);
    asked.push_back(i);
  }
  PostgresConnection connection(address);
  const std::string request_id = choose_request(connection);
  engine::crash_point(engine::CrashPoint::kBeforeResumed);
  const Rows rows = connection.run(
      "resume events",
      kWithAskedRuns +
          " select index - 1, run_id, pawl.resume(id, $2, nullif($3, ''),"
          " case when $4::float8 > 0 then (nth - 1) / $4::float8 else 0 end * interval '1 second', $5::uuid, workflow)"
          " from asked order by nth",
      {ids.text(), storable_text(request.requested_by), storable_text(request.note), std::to_string(request.rate),
       request_id});
  engine::crash_point(engine::CrashPoint::kAfterResumed);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string detail = rows.string(row, 2);
    const bool resumed = detail == "resumed";
    of_id[asked[static_cast<std::size_t>(rows.integer(row, 0))]].push_back(
        {rows.string(row, 1), resumed, resumed ? "" : detail});
  }
  return joined(std::move(of_id));
}

namespace {

// By a query of run, event and workflow, about the ids as its one parameter.
std::vector<engine::RunName> named_runs(const PostgresAddress& address, const std::string& operation,
                                        const std::string& sql, const std::vector<std::string>& ids) {
  PostgresConnection connection(address);
  ArrayLiteral given;
  for (const std::string& id : ids) given.add(id);
  const Rows rows = connection.run(operation, sql, {given.text()});
  std::vector<engine::RunName> runs;
  for (std::size_t row = 0; row < rows.size(); ++row)
    runs.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2)});
  return runs;
}

}  // namespace

std::vector<engine::RunName> runs_of(const PostgresAddress& address, const std::vector<std::string>& ids) {
  return named_runs(
      address, "look for runs",
      "select r.run_id, r.event_id, r.run_of from (" + kNamedRuns + ") e cross join pawl.runs_of(e.id, e.workflow) r",
      ids);
}

std::vector<engine::RunName> runs_under_keys_of(const PostgresAddress& address, const std::vector<std::string>& ids) {
  return named_runs(address, "look for runs made of others",
                    "select run_id, event_id, coalesce(workflow, '') from pawl.v1_events"
                    " where effects_of = any($1::uuid[])",
                    ids);
}

std::string effects_of(const PostgresAddress& address, const std::string& run_id) {
  PostgresConnection connection(address);
  const Rows rows = connection.run(
      "look under whose keys a run does its effects",
      "select effects_of from pawl.v1_events where run_id = $1::uuid and effects_of is not null limit 1", {run_id});
  return rows.size() > 0 ? rows.string(0, 0) : run_id;
}

std::vector<KnownRun> known_runs(const PostgresAddress& address, const std::string& id, const std::string& workflow) {
  PostgresConnection connection(address);
  const Rows rows = connection.run(
      "look for runs",
      "select v.run_id, coalesce(v.workflow, ''), v.status, coalesce(v.reason, '')"
      " from pawl.runs_of($1::uuid, nullif($2, '')) r join pawl.v1_events v on v.run_id = r.run_id order by v.workflow",
      {id, workflow});
  std::vector<KnownRun> runs;
  for (std::size_t row = 0; row < rows.size(); ++row)
    runs.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.string(row, 3)});
  return runs;
}

}  // namespace pawl::storage
