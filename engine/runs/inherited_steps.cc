// Compares times of one worker's clock.
#include "engine/runs/inherited_steps.h"

#include <algorithm>
#include <set>

namespace pawl::engine {

std::optional<Timestamp> first_started(const StoredRun& run, const std::string& step) {
  std::optional<Timestamp> first;
  const auto consider = [&](const StepKey& name, Timestamp at) {
    if (name.step == step) first = std::min(first.value_or(at), at);
  };
  for (const StepSettled& settled : run.steps) consider(settled.step, settled.started_at);
  for (const PendingRetry& retry : run.retries) consider(retry.step, retry.first_started_at);
  return first;
}

std::string steps_of(const StoredRun& run) {
  std::set<std::string> names;
  for (const StepSettled& settled : run.steps) names.insert(settled.step.step);
  for (const PendingRetry& retry : run.retries) names.insert(retry.step.step);
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "none" : text;
}

Inherited inherited_steps(const Event& event, const std::vector<StoredRun>& parent) {
  if (event.lineage->from_step.empty()) return {};
  const std::string what = "rerun " + event.lineage->parent + " from " + event.lineage->from_step;
  if (parent.empty())
    return {{},
            what + ": these checkpoints do not hold that run; rerun it without a step, or where its checkpoints are"};
  const auto start = first_started(parent[0], event.lineage->from_step);
  if (!start) return {{}, what + ": no such step began in that run; those that did: " + steps_of(parent[0])};
  Inherited inherited;
  for (const StepSettled& settled : parent[0].steps)
    if (settled.step.step != event.lineage->from_step && settled.started_at <= *start)
      inherited.steps.push_back(settled);
  return inherited;
}

}  // namespace pawl::engine
