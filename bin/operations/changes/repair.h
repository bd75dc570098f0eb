// What becomes of an event that will not go on as it is: requeued with a corrected payload, or dismissed.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bin/operations/runs/run_ids.h"
#include "engine/authoring/workflow.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

struct RequeueOrder {
  GivenRuns run;        ///< By a full id.
  std::string payload;  ///< JSON text.
  std::string requested_by;
  std::string reason;      ///< Not empty.
  bool unchecked = false;  ///< The workflow is not asked whether it takes the payload.
};
struct Requeued {
  std::string event_id;  ///< The new event's.
  std::string run_id;    ///< The failed run that it stands for, dismissed now.
  std::string workflow;
  bool checked = true;  ///< False where this build does not have the workflow, or nobody was to ask it.
};

/// Throws NotFoundError for no such run and, with the candidates, where several of the event have failed;
/// engine::RefusedError where the run is not a failed one, naming the verb that does fit, where its workflow would
/// refuse the payload, with every problem, and where the payload is the one that it had and that was good.
Requeued requeue(const storage::PostgresAddress& postgres, std::span<const engine::WorkflowDefinition> build,
                 const RequeueOrder& order);

struct Dismissal {
  std::string run_id;
  bool dismissed = false;
  std::string refusal;  ///< Why not, with the verb that does fit.
};
/// One a run of the event that was to be dismissed. Throws NotFoundError for none.
std::vector<Dismissal> dismiss(const storage::PostgresAddress& postgres, const GivenRuns& run,
                               const std::string& requested_by, const std::string& reason);

}  // namespace pawl::bin
