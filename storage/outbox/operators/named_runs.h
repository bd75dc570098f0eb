// The runs that an operator's command names, as parts of its statement.
#pragma once

#include <string>

namespace pawl::storage {

/// A query of what is named: `id`, `workflow` (null: any) and `index`, from 1. $1 is an array literal of full UUIDs: of
/// events, each of which means its runs in all workflows, or in one as `EVENT/WORKFLOW`, or of runs.
inline const std::string kNamedRuns =
    "select split_part(t.text, '/', 1)::uuid as id, nullif(split_part(t.text, '/', 2), '') as workflow, t.index"
    " from unnest($1::text[]) with ordinality t (text, index)";

/// Begins a statement with the table `asked` of their runs, of which `id` (the event's) and `workflow` are what pawl's
/// functions take, `nth` is the order in which they were named, and `run_id` is what was named where there is no run.
inline const std::string kWithAskedRuns =
    "with asked as materialized (select e.index, coalesce(r.event_id, e.id) as id, coalesce(r.run_of, e.workflow) as"
    " workflow, coalesce(r.run_id, e.id) as run_id, row_number() over (order by e.index, r.run_id <> r.event_id,"
    " r.run_of) as nth from (" +
    kNamedRuns + ") e left join lateral pawl.runs_of(e.id, e.workflow) r on true)";

}  // namespace pawl::storage
