// Asks the database for its workflows, and the build for what each of them refuses.
#include "bin/operations/changes/emit.h"

#include "bin/operations/changes/event_check.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/operators/repairs.h"
#include "workflows/text/suggestion.h"

namespace pawl::bin {

namespace {

std::string listed_types(const std::vector<engine::WorkflowName>& registered) {
  std::string types, last;
  for (const auto& [type, workflow] : registered)
    if (type != last) types.append(types.empty() ? "" : ", ").append(last = type);
  return types.empty() ? "none" : types;
}

std::vector<std::string> workflows_of(const storage::PostgresAddress& postgres, const std::string& event_type) {
  const auto registered = storage::registered_names(postgres);
  std::vector<std::string> workflows, types;
  for (const auto& [type, workflow] : registered) {
    types.push_back(type);
    if (type == event_type) workflows.push_back(workflow);
  }
  if (workflows.empty())
    throw engine::RefusedError("cannot emit " + event_type + ": no workflow of this database takes its type" +
                               text::suggestion(event_type, types) + "; there are: " + listed_types(registered) +
                               "; --unchecked emits it all the same");
  return workflows;
}

}  // namespace

Emitted emit(const storage::PostgresAddress& postgres, std::span<const engine::WorkflowDefinition> build,
             const EmitOrder& order) {
  const storage::NewEvent& event = order.event;
  PayloadCheck check;
  if (!order.unchecked) check = check_payload(build, workflows_of(postgres, event.type), event.payload);
  if (!check.problems.empty())
    throw engine::RefusedError("cannot emit " + event.type + ": its run would fail for the payload" +
                               listed(check.problems) + "\n--unchecked emits it all the same");
  return {storage::emit_event(postgres, event), check.unknown};
}

}  // namespace pawl::bin
