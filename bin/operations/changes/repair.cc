// Looks at what the runs are first, so that a refusal can say what would do.
#include "bin/operations/changes/repair.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/operations/changes/event_check.h"
#include "bin/operations/runs/command_error.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/operators/repairs.h"

namespace pawl::bin {

namespace {

using storage::EndedRun;

std::string fitting_verb(const storage::PostgresAddress& postgres, const std::string& status,
                         const std::string& run_id) {
  if ((status == "cancelled" || status == "dismissed") && !storage::payload_is_kept(postgres, run_id))
    return "`pawl show " + run_id + "` says why; its payload was not kept: emit a new event";
  if (status == "done" || status == "cancelled") return "`pawl rerun " + run_id + "` makes a new run of it";
  if (status == "dismissed") return "`pawl show " + run_id + "` says why, `pawl rerun " + run_id + "` begins it anew";
  return "`pawl cancel " + run_id + "` ends it";
}

std::string state_of(const EndedRun& run) {
  const bool is_unfinished = run.status == "pending" || run.status == "leased";
  return "it has not failed, it is " + run.status + (is_unfinished ? " and not finished" : "");
}

[[noreturn]] void throw_unknown(const std::string& verb, const GivenRuns& given) {
  throw NotFoundError("cannot " + verb + " " + given.text() +
                      ": Postgres has no such event and no such run; `pawl runs` lists those of this checkpoint file");
}

EndedRun failed_run(const storage::PostgresAddress& postgres, const GivenRuns& given) {
  std::vector<EndedRun> runs = storage::runs_to_repair(postgres, given.id, given.workflow);
  if (runs.empty()) throw_unknown("requeue", given);
  const EndedRun first = runs.front();
  std::erase_if(runs, [](const EndedRun& run) { return run.status != "failed"; });
  if (runs.empty())
    throw engine::RefusedError("cannot requeue " + first.run_id + ": " + state_of(first) + "; " +
                               fitting_verb(postgres, first.status, first.run_id));
  if (runs.size() == 1) return runs.front();
  std::string message = "several runs of the event " + given.id + " have failed; name one of them:";
  for (const EndedRun& run : runs) message += "\n  " + given.id + "/" + run.workflow;
  throw NotFoundError(message);
}

bool same_json(const std::string& one, const std::string& other) {
  const auto parsed = nlohmann::json::parse(one, nullptr, false);
  return !parsed.is_discarded() && parsed == nlohmann::json::parse(other, nullptr, false);
}

// Whether anybody has looked.
bool require_good(std::span<const engine::WorkflowDefinition> build, const EndedRun& run, const std::string& payload) {
  const PayloadCheck check = check_payload(build, {run.workflow}, payload);
  if (!check.problems.empty())
    throw engine::RefusedError("cannot requeue " + run.run_id + ": " + run.workflow + " would refuse the payload" +
                               listed(check.problems));
  if (!check.unknown.empty()) return false;
  if (same_json(run.payload, payload))
    throw engine::RefusedError("cannot requeue " + run.run_id + ": this is the payload that it has, and " +
                               run.workflow + " takes it; `pawl resume " + run.run_id +
                               "` goes on at the step that failed");
  return true;
}

}  // namespace

Requeued requeue(const storage::PostgresAddress& postgres, std::span<const engine::WorkflowDefinition> build,
                 const RequeueOrder& order) {
  const EndedRun run = failed_run(postgres, order.run);
  const bool checked = !order.unchecked && require_good(build, run, order.payload);
  const auto outcome = storage::requeue_event(postgres, {run.run_id, order.payload, order.requested_by, order.reason});
  if (outcome.event_id.empty())  // somebody else was at it
    throw engine::RefusedError("cannot requeue " + run.run_id + ": " + outcome.refusal + "; `pawl show " + run.run_id +
                               "` tells what became of it");
  return {outcome.event_id, run.run_id, run.workflow, checked};
}

std::vector<Dismissal> dismiss(const storage::PostgresAddress& postgres, const GivenRuns& given,
                               const std::string& requested_by, const std::string& reason) {
  std::vector<Dismissal> dismissals;
  for (const auto& [run_id, outcome] :
       storage::dismiss_event(postgres, {given.id, given.workflow, requested_by, reason})) {
    Dismissal& dismissal = dismissals.emplace_back(Dismissal{run_id, outcome == "dismissed", ""});
    if (dismissal.dismissed) continue;
    const std::string status = outcome.substr(outcome.find_last_of(' ') + 1);
    const bool has_ended = outcome.starts_with("not failed");
    dismissal.refusal = outcome + "; " + fitting_verb(postgres, has_ended ? status : "pending", run_id);
  }
  if (dismissals.empty()) throw_unknown("dismiss", given);
  return dismissals;
}

}  // namespace pawl::bin
