// What an operator or a service does to events in Postgres from the command line.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/event.h"
#include "storage/postgres/address.h"

namespace pawl::storage {

struct NewEvent {
  std::string type;
  std::string aggregate_type;
  std::string aggregate_id;
  std::string payload;  ///< JSON text.
  std::string id;       ///< UUID; empty: a new one.
};

/// Writes an event through pawl.emit and returns its id. Throws engine::PermanentError for text that is no JSON.
std::string emit_event(const PostgresAddress& address, const NewEvent& event);

struct ResumeRequest {
  /// Full UUIDs: of events, each of which means its runs in all workflows, or in one as `EVENT/WORKFLOW`, or of runs.
  std::vector<std::string> event_ids;
  std::string requested_by;  ///< For the audit trail in pawl.commands.
  std::string note;
  double rate = 0;  ///< Events a second, spread by available_at; 0: all at once.
};
struct ResumeOutcome {
  std::string run_id;
  bool resumed = false;
  std::string detail;  ///< Why not, when refused: not found, not failed.
};

/// Puts failed events back into the outbox so that their runs go on at their failed steps. One outcome a run; of an
/// event of which some runs failed, those that did not are left out.
std::vector<ResumeOutcome> resume_events(const PostgresAddress& address, const ResumeRequest& request);

/// The runs that ids mean, which are as in a ResumeRequest; none of those that are unknown.
std::vector<engine::RunName> runs_of(const PostgresAddress& address, const std::vector<std::string>& ids);

/// The runs made of these, by full ids, that do their effects under their keys.
std::vector<engine::RunName> runs_under_keys_of(const PostgresAddress& address, const std::vector<std::string>& ids);

/// The run under whose keys a run does its effects, by full ids; itself where it has its own, or is not known.
std::string effects_of(const PostgresAddress& address, const std::string& run_id);

/// A run as Postgres has it, whichever worker's checkpoints hold it.
struct KnownRun {
  std::string run_id;
  std::string workflow;  ///< Empty: none is registered for it yet.
  std::string status;    ///< As in pawl.v1_events.
  std::string reason;
};
/// The runs of an event, or a run by its own id, a full UUID; of one workflow, or empty: of any.
std::vector<KnownRun> known_runs(const PostgresAddress& address, const std::string& id, const std::string& workflow);

}  // namespace pawl::storage
