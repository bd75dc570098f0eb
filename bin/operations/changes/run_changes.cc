// Says of a refusal which verb does fit.
#include "bin/operations/changes/run_changes.h"

#include <optional>
#include <set>
#include <utility>

#include "bin/operations/runs/command_error.h"
#include "engine/authoring/errors.h"
#include "engine/runs/inherited_steps.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/operators/repairs.h"

namespace pawl::bin {

namespace {

RunChange not_found(const std::string& run_id) {
  return {RunChange::Kind::kNotFound, run_id, "not found", "no such run or event"};
}

RunChange change_of(const storage::PostgresAddress& address, const storage::RunAnswer& answer) {
  using Kind = RunChange::Kind;
  if (answer.outcome == "cancelling") return {Kind::kDone, answer.run_id, answer.outcome, "its worker ends it"};
  if (answer.outcome == "cancelled") return {Kind::kDone, answer.run_id, answer.outcome, "no worker had it"};
  if (answer.outcome == "retrying") return {Kind::kDone, answer.run_id, answer.outcome, ""};
  if (answer.outcome == "not found") return not_found(answer.run_id);
  return {Kind::kRefused, answer.run_id, "refused", answer.outcome + advice_on(address, answer.run_id, answer.outcome)};
}

std::vector<RunChange> changes_of(const storage::PostgresAddress& address,
                                  const std::vector<storage::RunAnswer>& answers) {
  std::vector<RunChange> changes;
  for (const storage::RunAnswer& answer : answers) changes.push_back(change_of(address, answer));
  return changes;
}

// Another worker's checkpoints may hold it: then that worker refuses the step.
std::optional<engine::StoredRun> stored_here(const std::string& checkpoints, const std::string& run_id) try {
  return storage::CheckpointReader(checkpoints).run(run_id);
} catch (const engine::Error&) {  // no file, or none that can be read: Postgres alone knows
  return std::nullopt;
}

std::string only_run_of(const storage::PostgresAddress& address, const std::string& id) {
  const std::vector<engine::RunName> runs = storage::runs_of(address, {id});
  if (runs.empty()) throw NotFoundError("rerun " + id + ": no such run or event in this database");
  if (runs.size() == 1) return runs[0].run_id;
  std::string message = "rerun " + id + ": the event has several runs; name one:";
  for (const engine::RunName& run : runs) message += "\n  " + run.event_id + "/" + run.workflow;
  throw NotFoundError(message);
}

}  // namespace

std::string advice_on(const storage::PostgresAddress& address, const std::string& run_id, const std::string& outcome) {
  if (outcome.ends_with("it is failed")) return "; `pawl resume` lets it go on, `pawl rerun` begins it anew";
  if (outcome.ends_with("it is done") || outcome.ends_with("it is cancelled") || outcome.ends_with("it is dismissed"))
    return storage::payload_is_kept(address, run_id) ? "; `pawl rerun` begins it anew"
                                                     : "; its payload was not kept: emit a new event";
  if (outcome.ends_with("is doing its effects"))
    return "; `pawl waiting` of that one says what it waits for, `pawl cancel` ends it";
  if (outcome.ends_with("it is pending and due")) return "; a worker takes it next: is one at work?";
  if (outcome.ends_with("it is in the outbox"))
    return "; `pawl cancel` ends it, `pawl retry-now` lets it wait no longer";
  return {};
}

std::vector<RunChange> resume_runs(const storage::PostgresAddress& address, const storage::ResumeRequest& request) {
  using Kind = RunChange::Kind;
  std::vector<RunChange> changes;
  for (const storage::ResumeOutcome& one : storage::resume_events(address, request)) {
    if (one.resumed) {
      changes.push_back({Kind::kDone, one.run_id, "resumed", one.detail});
      continue;
    }
    if (one.detail.starts_with("not found"))
      changes.push_back(not_found(one.run_id));
    else
      changes.push_back(
          {Kind::kRefused, one.run_id, "refused", one.detail + advice_on(address, one.run_id, one.detail)});
  }
  return changes;
}

std::vector<std::string> workflows_going_on(const storage::PostgresAddress& address,
                                            const std::vector<RunChange>& changes) try {
  std::vector<std::string> resumed;
  for (const RunChange& change : changes)
    if (change.kind == RunChange::Kind::kDone) resumed.push_back(change.run_id);
  std::set<std::string> workflows;
  if (!resumed.empty())
    for (const engine::RunName& run : storage::runs_of(address, resumed)) workflows.insert(run.workflow);
  return {workflows.begin(), workflows.end()};
} catch (const engine::Error&) {  // they are resumed all the same, and that stays said
  return {};
}

std::vector<RunChange> cancel_runs(const storage::PostgresAddress& address, const storage::RunRequest& request) {
  return changes_of(address, storage::cancel_runs(address, request));
}

std::vector<RunChange> retry_runs_now(const storage::PostgresAddress& address, const storage::RunRequest& request) {
  return changes_of(address, storage::retry_runs_now(address, request));
}

RunChange rerun(const storage::PostgresAddress& address, const std::string& checkpoints, const Rerun& asked) {
  const std::string run_id = only_run_of(address, asked.id);
  if (!asked.from_step.empty())
    if (const auto stored = stored_here(checkpoints, run_id);
        stored && !engine::first_started(*stored, asked.from_step))
      return {RunChange::Kind::kRefused, run_id, "refused",
              "no step " + asked.from_step + " began in it; those that did: " + engine::steps_of(*stored)};
  const storage::RerunAnswer answer =
      storage::rerun(address, {run_id, asked.from_step, asked.resend, asked.requested_by, asked.reason});
  if (!answer.new_run.empty()) return {RunChange::Kind::kDone, run_id, "rerun", answer.new_run};
  return {RunChange::Kind::kRefused, run_id, "refused", answer.outcome + advice_on(address, run_id, answer.outcome)};
}

}  // namespace pawl::bin
