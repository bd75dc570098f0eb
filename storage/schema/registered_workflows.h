// The workflows that a database writes runs for, as migrations have registered them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"
#include "storage/postgres/connection.h"

namespace pawl::storage {

using WorkflowNames = std::vector<engine::WorkflowName>;

struct RegisteredWorkflow {
  std::string type;
  std::string added_at;  ///< RFC 3339, UTC.
};

/// By name; none where the database has no table of them, or keeps it from this role.
std::map<std::string, RegisteredWorkflow> registered_workflows(Transaction& transaction);

/// Those that are not registered. Throws engine::RefusedError naming one that is registered for another type.
WorkflowNames unregistered(const std::map<std::string, RegisteredWorkflow>& registered, const WorkflowNames& workflows);

/// Throws engine::RefusedError naming the command to run unless all are registered: events of their types would be
/// emitted without runs of theirs.
void require_workflows(PostgresConnection& connection, const WorkflowNames& workflows);

/// A statement that registers one, or finds it registered.
std::string add_workflow_sql(const engine::WorkflowName& workflow);

}  // namespace pawl::storage
