// Shows how the whole is doing.
#include "bin/commands/inspect/status.h"

#include <CLI/CLI.hpp>

#include "bin/commands/inspect/status_text.h"
#include "bin/operations/health/status.h"

namespace pawl::bin {

namespace {

class StatusVerb final : public Verb {
 public:
  ExitCode run(const Settings& settings, Console& console) override {
    const Status status = status_of(settings.postgres, checkpoints_path(settings.checkpoints));
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, status_json(status, *console.secrets));
    else
      print_status(console.out, status, *console.secrets);
    return any_problem(status.findings) ? ExitCode::kFailed : ExitCode::kDone;
  }
};

}  // namespace

std::unique_ptr<Verb> make_status(CLI::App&) { return std::make_unique<StatusVerb>(); }

}  // namespace pawl::bin
