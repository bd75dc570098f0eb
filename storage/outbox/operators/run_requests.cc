// One short-lived connection a request.
#include "storage/outbox/operators/run_requests.h"

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/outbox/operators/named_runs.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

// $1 the ids, $2 who, $3 why, $4 the request; `function` takes an event, these, and a workflow.
std::string ask_each(const std::string& function) {
  return kWithAskedRuns + " select run_id, " + function +
         "(id, $2, nullif($3, ''), $4::uuid, workflow) from asked order by nth";
}

std::vector<RunAnswer> ask(const PostgresAddress& address, const RunRequest& request, const std::string& operation,
                           const std::string& function) {
  PostgresConnection connection(address);
  ArrayLiteral ids;
  for (const std::string& id : request.ids) ids.add(id);
  const std::string request_id = choose_request(connection);
  engine::crash_point(engine::CrashPoint::kBeforeMarked);
  const Rows rows =
      connection.run(operation, ask_each(function),
                     {ids.text(), storable_text(request.requested_by), storable_text(request.note), request_id});
  engine::crash_point(engine::CrashPoint::kAfterMarked);
  std::vector<RunAnswer> answers;
  for (std::size_t row = 0; row < rows.size(); ++row) answers.push_back({rows.string(row, 0), rows.string(row, 1)});
  return answers;
}

}  // namespace

std::vector<RunAnswer> cancel_runs(const PostgresAddress& address, const RunRequest& request) {
  return ask(address, request, "cancel runs", "pawl.cancel");
}

std::vector<RunAnswer> retry_runs_now(const PostgresAddress& address, const RunRequest& request) {
  return ask(address, request, "retry runs now", "pawl.retry_now");
}

RerunAnswer rerun(const PostgresAddress& address, const RerunRequest& request) {
  if (request.reason.find_first_not_of(" \t\r\n") == std::string::npos)
    throw engine::PermanentError("rerun " + request.run_id + ": a reason is needed, for whoever looks at it later");
  PostgresConnection connection(address);
  const std::string request_id = choose_request(connection);
  engine::crash_point(engine::CrashPoint::kBeforeRerun);
  const Rows rows = connection.run("rerun a run",
                                   "select coalesce(new_run::text, ''), outcome"
                                   " from pawl.rerun_run($1::uuid, nullif($2, ''), $3::boolean, $4, $5, $6::uuid)",
                                   {request.run_id, request.from_step, request.resend ? "t" : "f",
                                    storable_text(request.requested_by), storable_text(request.reason), request_id});
  engine::crash_point(engine::CrashPoint::kAfterRerun);
  return {rows.string(0, 0), rows.string(0, 1)};
}

}  // namespace pawl::storage
