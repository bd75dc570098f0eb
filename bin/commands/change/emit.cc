// Writes one event through pawl.emit, once its workflows have looked at the payload.
#include "bin/commands/change/emit.h"

#include <CLI/CLI.hpp>
#include <iterator>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/event_check.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/suggestion.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "storage/outbox/operators/repairs.h"

namespace pawl::bin {

namespace {

std::string listed_types(const std::vector<engine::WorkflowName>& registered) {
  std::string types, last;
  for (const auto& [type, workflow] : registered)
    if (type != last) types.append(types.empty() ? "" : ", ").append(last = type);
  return types.empty() ? "none" : types;
}

class EmitVerb final : public Verb {
 public:
  EmitVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("TYPE", event_.type, "The event's type, like pms/connection.sync.failed")->required();
    command.add_option("--aggregate-id", event_.aggregate_id, "What it is about, like the connection's id")->required();
    command.add_option("--aggregate-type", event_.aggregate_type,
                       "What kind of thing that is; needed where no workflow of the type says so");
    command.add_option("--data", event_.payload, "The payload as JSON; - reads it from standard input")->required();
    command.add_option("--id", event_.id, "The event's id (UUID), to emit it once however often this runs");
    command.add_flag("--unchecked", unchecked_, "Emit it whether or not a workflow of this database takes it");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (event_.payload == "-") event_.payload.assign(std::istreambuf_iterator<char>(console.in), {});
    if (const std::string why = why_no_json(event_.payload); !why.empty())
      throw UsageError("cannot emit " + event_.type + ": --data: " + why +
                       "; quote it as one argument, or use --data -");
    if (!event_.id.empty() && !is_full_id(event_.id))
      throw UsageError("cannot emit: --id '" + event_.id + "' is not a lower-case UUID");
    const auto build = workflows_.for_replay();
    if (event_.aggregate_type.empty()) event_.aggregate_type = build->aggregate_type(event_.type);
    if (event_.aggregate_type.empty())
      throw UsageError("cannot emit " + event_.type +
                       ": --aggregate-type is missing: what kind of thing --aggregate-id is, like invoice");
    await_migrated_postgres(settings, console);
    if (!unchecked_) check(*build, settings, console);
    const std::string id = storage::emit_event(address_of(settings), event_);
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, {{"event", id}});
    else
      console.out << id << '\n';
    return ExitCode::kDone;
  }

 private:
  void check(const Workflows& build, const Settings& settings, Console& console) const {
    const auto registered = storage::registered_names(address_of(settings));
    std::vector<std::string> workflows, types;
    for (const auto& [type, workflow] : registered) {
      types.push_back(type);
      if (type == event_.type) workflows.push_back(workflow);
    }
    if (workflows.empty())
      throw engine::RefusedError("cannot emit " + event_.type + ": no workflow of this database takes its type" +
                                 suggestion(event_.type, types) + "; there are: " + listed_types(registered) +
                                 "; --unchecked emits it all the same");
    const PayloadCheck found = check_payload(build.definitions(), workflows, event_.payload);
    if (!found.problems.empty())
      throw engine::RefusedError("cannot emit " + event_.type + ": its run would fail for the payload" +
                                 listed(found.problems) + "\n--unchecked emits it all the same");
    for (const std::string& workflow : found.unknown)
      console.note() << "the payload was not checked for " << workflow << ", which this build does not have\n";
  }

  Workflows& workflows_;
  storage::NewEvent event_;
  bool unchecked_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_emit(CLI::App& command, Workflows& workflows) {
  return std::make_unique<EmitVerb>(command, workflows);
}

}  // namespace pawl::bin
