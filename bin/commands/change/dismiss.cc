// Dismisses failed events, each with the same reason.
#include "bin/commands/change/dismiss.h"

#include <CLI/CLI.hpp>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/repair.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/settings/requester.h"

namespace pawl::bin {

namespace {

class DismissVerb final : public Verb {
 public:
  explicit DismissVerb(CLI::App& command) {
    command.add_option("RUN", ids_, kRunHelp)->required();
    command.add_option("--reason", reason_, "Why it is to stay undone, for whoever looks at it later")->required();
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (reason_.find_first_not_of(" \t\r\n") == std::string::npos)
      throw UsageError("cannot dismiss: --reason is empty; say why, for whoever looks at it later");
    const std::vector<GivenRuns> parts = expand_ids(ids_, console.in);
    await_migrated_postgres(settings, console);
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    const std::vector<GivenRuns> runs = full_runs(parts, sources);
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    for (const GivenRuns& given : runs) add(given, settings, table, code);
    print_table(console.out, table, settings.output);
    return code;
  }

 private:
  void add(const GivenRuns& given, const Settings& settings, Table& table, ExitCode& code) const try {
    for (const Dismissal& one : dismiss(address_of(settings, kLongAnswer), given, requester(), reason_)) {
      table.rows.push_back({one.run_id, one.dismissed ? "dismissed" : "refused", cell_of(one.refusal)});
      if (!one.dismissed && code == ExitCode::kDone) code = ExitCode::kRefused;
    }
  } catch (const NotFoundError& error) {  // the others are dismissed all the same
    table.rows.push_back({given.text(), "not found", error.what()});
    code = ExitCode::kNotFound;
  }

  std::vector<std::string> ids_;
  std::string reason_;
};

}  // namespace

std::unique_ptr<Verb> make_dismiss(CLI::App& command) { return std::make_unique<DismissVerb>(command); }

}  // namespace pawl::bin
