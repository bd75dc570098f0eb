// Writes one event through pawl.emit.
#include "bin/commands/change/emit.h"

#include <CLI/CLI.hpp>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/command_error.h"
#include "bin/operations/run_ids.h"
#include "storage/outbox/event_admin.h"

namespace pawl::bin {

namespace {

class EmitVerb final : public Verb {
 public:
  explicit EmitVerb(CLI::App& command) {
    command.add_option("TYPE", event_.type, "The event's type, like pms/connection.sync.failed")->required();
    command.add_option("--aggregate-id", event_.aggregate_id, "What it is about, like the connection's id")->required();
    command.add_option("--aggregate-type", event_.aggregate_type, "What kind of thing that is")
        ->default_val("pms_connection");
    command.add_option("--data", event_.payload, "The payload as JSON; - reads it from standard input")->required();
    command.add_option("--id", event_.id, "The event's id (UUID), to emit it once however often this runs");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (event_.payload == "-") event_.payload.assign(std::istreambuf_iterator<char>(console.in), {});
    if (!nlohmann::json::accept(event_.payload))
      throw UsageError("cannot emit " + event_.type +
                       ": --data is not JSON; quote it as one argument, or use --data -");
    if (!event_.id.empty() && !is_full_id(event_.id))
      throw UsageError("cannot emit: --id '" + event_.id + "' is not a lower-case UUID");
    await_migrated_postgres(settings, console);
    console.out << storage::emit_event(settings.postgres, event_) << '\n';
    return ExitCode::kDone;
  }

 private:
  storage::NewEvent event_;
};

}  // namespace

std::unique_ptr<Verb> make_emit(CLI::App& command) { return std::make_unique<EmitVerb>(command); }

}  // namespace pawl::bin
