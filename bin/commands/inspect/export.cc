// Copies the runs that are named, or those of the last days, or all.
#include "bin/commands/inspect/export.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/export.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/duration.h"
#include "storage/checkpoints/reader.h"

namespace pawl::bin {

namespace {

class ExportVerb final : public Verb {
 public:
  explicit ExportVerb(CLI::App& command) {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--since", since_, "Runs that ended since then, or have not ended: " + std::string(kPastTimes));
    command.add_flag("--all", all_, "Every run");
    command.add_option("-o,--to", order_.copy, "The file to make; none may be there")->required();
    command.add_flag("--redact", order_.is_redacted,
                     "Take secrets out of payloads, outputs and errors, and mask mail addresses");
    command.footer("Behind this verb -o is the copy; --output json prints what was copied for a program.");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    const int ways = (ids_.empty() ? 0 : 1) + (since_.empty() ? 0 : 1) + (all_ ? 1 : 0);
    if (ways != 1) throw UsageError("export takes either ids or --since TIME or --all");
    order_.checkpoints = checkpoints_path(settings.checkpoints);
    if (!since_.empty()) order_.runs.since_seconds = parse_ago("--since", since_);
    const storage::CheckpointReader reader(order_.checkpoints);
    warn_if_nobody_works(reader, order_.checkpoints, console);
    if (!ids_.empty()) {
      for (const GivenRuns& given : expand_ids(ids_, console.in))
        for (const engine::RunName& name : resolve_runs(reader, given)) order_.runs.run_ids.push_back(name.run_id);
    }
    print(console.out, export_runs(order_), settings.output);
    return ExitCode::kDone;
  }

 private:
  void print(std::ostream& out, const storage::CheckpointCopy& copy, OutputFormat format) const {
    const nlohmann::ordered_json shown{
        {"copy", order_.copy}, {"runs", copy.runs}, {"bytes", copy.bytes}, {"redacted", order_.is_redacted}};
    if (format == OutputFormat::kJson) return print_json(out, shown);
    print_table(out,
                {{"copy", "runs", "bytes", "redacted"},
                 {{order_.copy, std::to_string(copy.runs), std::to_string(copy.bytes),
                   std::string(order_.is_redacted ? "yes" : "no")}},
                 0},
                format);
  }

  std::vector<std::string> ids_;
  std::string since_;
  bool all_ = false;
  ExportOrder order_;
};

}  // namespace

std::unique_ptr<Verb> make_export(CLI::App& command) { return std::make_unique<ExportVerb>(command); }

}  // namespace pawl::bin
