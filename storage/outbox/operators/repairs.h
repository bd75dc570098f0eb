// What an operator does to an event that will not go on as it is: a corrected payload for it, or its dismissal.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/outbox.h"
#include "storage/postgres/address.h"

namespace pawl::storage {

/// The run that ended last under an id, as Postgres has it.
struct EndedRun {
  std::string run_id;
  std::string workflow;
  std::string type;
  std::string status;  ///< As in pawl.v1_events: also pending and leased.
  std::string reason;
  std::string payload;  ///< As it is archived: without its secrets.
};
/// The runs that an id names, a full UUID of an event or a run; of one workflow, or empty: of any.
std::vector<EndedRun> runs_to_repair(const PostgresAddress& address, const std::string& id,
                                     const std::string& workflow);

/// False of a run that was ended with its payload withheld: nothing can be made of it again.
bool payload_is_kept(const PostgresAddress& address, const std::string& run_id);

struct RequeueRequest {
  std::string run_id;   ///< Full UUID.
  std::string payload;  ///< JSON text.
  std::string requested_by;
  std::string reason;  ///< Not empty.
};
struct RequeueOutcome {
  std::string event_id;  ///< Of the new event; empty: refused.
  std::string refusal;   ///< Why, where it was.
};
/// Through pawl.requeue: a new event with the payload in place of the failed run. Throws ValueError for text that
/// Postgres takes for no JSON, or cannot store.
RequeueOutcome requeue_event(const PostgresAddress& address, const RequeueRequest& request);

struct DismissRequest {
  std::string id;        ///< Full UUID of an event or a run.
  std::string workflow;  ///< Empty: the event's runs in all workflows.
  std::string requested_by;
  std::string reason;  ///< Not empty.
};
struct DismissOutcome {
  std::string run_id;
  std::string outcome;  ///< `dismissed`, or why not.
};
/// Through pawl.dismiss_run. One outcome a run; of an event of which some were dismissed, the others are left out.
std::vector<DismissOutcome> dismiss_event(const PostgresAddress& address, const DismissRequest& request);

/// The workflows that a database writes runs for, by type in their order.
std::vector<engine::WorkflowName> registered_names(const PostgresAddress& address);

}  // namespace pawl::storage
