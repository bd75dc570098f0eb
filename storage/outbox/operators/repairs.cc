// Each call has a connection of its own.
#include "storage/outbox/operators/repairs.h"

#include <algorithm>
#include <functional>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

std::vector<EndedRun> runs_to_repair(const PostgresAddress& address, const std::string& id,
                                     const std::string& workflow) {
  PostgresConnection connection(address);
  const Rows rows =
      connection.run("look for runs",
                     "select v.run_id, coalesce(v.workflow, ''), v.type, v.status, coalesce(v.reason, ''), v.payload"
                     " from pawl.runs_of($1::uuid, nullif($2, '')) r join pawl.v1_events v on v.run_id = r.run_id"
                     " order by r.run_id <> r.event_id, v.workflow",
                     {id, workflow});
  std::vector<EndedRun> runs;
  for (std::size_t row = 0; row < rows.size(); ++row)
    runs.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.string(row, 3),
                    rows.string(row, 4), rows.string(row, 5)});
  return runs;
}

bool payload_is_kept(const PostgresAddress& address, const std::string& run_id) {
  PostgresConnection connection(address);
  return connection
             .run("look for its payload",
                  "select from pawl.v1_events where run_id = $1::uuid and payload ? 'withheld_bytes'"
                  " and payload = jsonb_build_object('withheld_bytes', payload->'withheld_bytes')",
                  {run_id})
             .size() == 0;
}

// The request is chosen before it is sent: asked again after a lost reply it answers the same. Whether it was refused
// is read from the trail that it left.
RequeueOutcome requeue_event(const PostgresAddress& address, const RequeueRequest& request) {
  PostgresConnection connection(address);
  const std::string request_id = choose_request(connection);
  engine::crash_point(engine::CrashPoint::kBeforeRequeued);
  const Rows made =
      connection.run("requeue event " + request.run_id, "select pawl.requeue($1::uuid, $2::jsonb, $3, $4, $5::uuid)",
                     {request.run_id, request.payload, storable_text(request.requested_by),
                      storable_text(request.reason), request_id});
  engine::crash_point(engine::CrashPoint::kAfterRequeued);
  if (!made.null(0, 0)) return {made.string(0, 0), ""};
  const Rows why = connection.run(
      "read why it was refused",
      "select outcome from pawl.commands where request = $1::uuid and event_id = $2::uuid and verb = 'requeue'",
      {request_id, request.run_id});
  return {"", why.size() > 0 ? why.string(0, 0) : "refused"};
}

std::vector<DismissOutcome> dismiss_event(const PostgresAddress& address, const DismissRequest& request) {
  PostgresConnection connection(address);
  const std::string request_id = choose_request(connection);
  engine::crash_point(engine::CrashPoint::kBeforeDismissed);
  const Rows rows = connection.run(
      "dismiss event " + request.id,
      "with asked as materialized (select r.run_id, r.event_id, r.run_of from pawl.runs_of($1::uuid, nullif($2, '')) r)"
      " select run_id, pawl.dismiss(event_id, $3, $4, $5::uuid, run_of) from asked"
      " where run_of is not null"
      " union all select run_id, pawl.dismiss(run_id, $3, $4, $5::uuid) from asked where run_of is null",
      {request.id, request.workflow, storable_text(request.reason), storable_text(request.requested_by), request_id});
  engine::crash_point(engine::CrashPoint::kAfterDismissed);
  std::vector<DismissOutcome> outcomes;
  for (std::size_t row = 0; row < rows.size(); ++row) outcomes.push_back({rows.string(row, 0), rows.string(row, 1)});
  const auto is_dismissed = [](const DismissOutcome& outcome) { return outcome.outcome == "dismissed"; };
  if (std::ranges::any_of(outcomes, is_dismissed)) std::erase_if(outcomes, std::not_fn(is_dismissed));
  return outcomes;
}

std::vector<engine::WorkflowName> registered_names(const PostgresAddress& address) {
  PostgresConnection connection(address);
  const Rows rows =
      connection.run("read registered workflows", "select type, workflow from pawl.workflows order by type, place", {});
  std::vector<engine::WorkflowName> names;
  for (std::size_t row = 0; row < rows.size(); ++row) names.push_back({rows.string(row, 0), rows.string(row, 1)});
  return names;
}

}  // namespace pawl::storage
