// Asks outbox and archive.
#include "storage/outbox/chores/resolved_runs.h"

#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

// `offset 0` keeps the planner from joining a few ids to the whole of a table.
const std::string kResolved =
    "select t.id from unnest($1::uuid[]) t (id)"
    " where not exists (select from pawl.outbox o where o.id = t.id offset 0)"
    " and not exists (select from pawl.outbox o where o.parent = t.id and o.from_step is not null offset 0)"
    " and not exists (select from pawl.outbox_archive a where a.id = t.id and a.status = 'failed' offset 0)";

}  // namespace

std::vector<std::string> resolved_runs(PostgresConnection& connection, std::span<const std::string> run_ids) {
  ArrayLiteral ids;
  for (const std::string& id : run_ids) ids.add(id);
  const Rows rows = connection.run("look for failed runs that were resolved", kResolved, {ids.text()});
  std::vector<std::string> resolved;
  for (std::size_t row = 0; row < rows.size(); ++row) resolved.push_back(rows.string(row, 0));
  return resolved;
}

}  // namespace pawl::storage
