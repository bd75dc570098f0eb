// Looks into the checkpoints, where it has to.
#include "bin/commands/verb/full_ids.h"

namespace pawl::bin {

// All of the runs found are of one event.
GivenRuns full_id(const GivenRuns& given, const Settings& settings) {
  if (is_full_id(given.id)) return given;
  const storage::CheckpointReader reader(checkpoints_path(settings.checkpoints));
  const engine::RunName run = resolve_runs(reader, given).front();
  const bool of_event = run.event_id.starts_with(given.id) || run.event_id.ends_with(given.id);
  return of_event ? GivenRuns{run.event_id, given.workflow} : GivenRuns{run.run_id, ""};
}

}  // namespace pawl::bin
