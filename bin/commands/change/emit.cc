// Takes one event from the command line, and says what became of it.
#include "bin/commands/change/emit.h"

#include <CLI/CLI.hpp>
#include <iterator>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/emit.h"
#include "bin/operations/changes/event_check.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/run_ids.h"

namespace pawl::bin {

namespace {

class EmitVerb final : public Verb {
 public:
  EmitVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("TYPE", event_.type, "The event's type, like billing/invoice.paid")->required();
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
    const Emitted emitted = emit(address_of(settings), build->definitions(), {event_, unchecked_});
    for (const std::string& workflow : emitted.unknown)
      console.note() << "the payload was not checked for " << workflow << ", which this build does not have\n";
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, {{"event", emitted.event_id}});
    else
      console.out << emitted.event_id << '\n';
    return ExitCode::kDone;
  }

 private:
  Workflows& workflows_;
  storage::NewEvent event_;
  bool unchecked_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_emit(CLI::App& command, Workflows& workflows) {
  return std::make_unique<EmitVerb>(command, workflows);
}

}  // namespace pawl::bin
