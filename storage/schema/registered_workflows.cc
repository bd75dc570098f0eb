// Reads pawl.workflows.
#include "storage/schema/registered_workflows.h"

#include "engine/authoring/errors.h"
#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

// False as well where there is none yet.
bool may_read_workflows(Transaction& transaction) {
  return transaction.run("select coalesce(has_table_privilege(to_regclass('pawl.workflows'), 'select'), false)")
      .boolean(0, 0);
}

}  // namespace

std::map<std::string, RegisteredWorkflow> registered_workflows(Transaction& transaction) {
  std::map<std::string, RegisteredWorkflow> registered;
  if (!may_read_workflows(transaction)) return registered;
  const Rows rows =
      transaction.run("select workflow, type, " + utc_text("added_at", Fraction::kNone) + " from pawl.workflows");
  for (std::size_t row = 0; row < rows.size(); ++row)
    registered[rows.string(row, 0)] = {rows.string(row, 1), rows.string(row, 2)};
  return registered;
}

WorkflowNames unregistered(const std::map<std::string, RegisteredWorkflow>& registered,
                           const WorkflowNames& workflows) {
  WorkflowNames missing;
  for (const engine::WorkflowName& workflow : workflows) {
    const auto found = registered.find(workflow.workflow);
    if (found == registered.end())
      missing.push_back(workflow);
    else if (found->second.type != workflow.type)
      throw engine::RefusedError("Postgres: workflow " + workflow.workflow + " is registered for events of type " +
                                 found->second.type + ", and this build's is for " + workflow.type +
                                 "; give it another name");
  }
  return missing;
}

void require_workflows(PostgresConnection& connection, const WorkflowNames& workflows) {
  WorkflowNames missing;
  bool may_read = true;
  connection.transact("read the registered workflows", [&](Transaction& transaction) {
    missing = unregistered(registered_workflows(transaction), workflows);
    may_read = missing.empty() || may_read_workflows(transaction);
  });
  if (!may_read)
    throw engine::RefusedError(
        "Postgres: permission denied for table pawl.workflows, which says what runs for which events; "
        "run `pawl migrate`, which grants it to pawl_worker");
  if (!missing.empty())
    throw engine::RefusedError("Postgres: workflow " + missing.front().workflow +
                               " is not registered, so that events of type " + missing.front().type +
                               " get no run of it; run `pawl migrate`");
}

std::string add_workflow_sql(const engine::WorkflowName& workflow) {
  return "select pawl.add_workflow(" + sql_literal(workflow.type) + ", " + sql_literal(workflow.workflow) + ")";
}

}  // namespace pawl::storage
