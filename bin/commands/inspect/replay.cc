// Replays runs from the checkpoint file, or from a copy of one.
#include "bin/commands/inspect/replay.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bin/operations/command_error.h"
#include "bin/operations/run_ids.h"
#include "bin/output/replay_text.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "engine/runs/replay.h"
#include "storage/checkpoints/reader.h"

namespace pawl::bin {

namespace {

engine::ReplayReport replay(const Workflows& workflows, const engine::StoredRun& run) {
  const auto& definitions = workflows.definitions();
  const auto found = std::find_if(definitions.begin(), definitions.end(),
                                  [&](const auto& definition) { return definition.name == run.workflow; });
  if (found != definitions.end()) return engine::replay(*found, run);
  engine::ReplayReport unknown;  // as the worker says when it parks such a run
  unknown.mismatches.push_back("no workflow named " + run.workflow);
  return unknown;
}

class ReplayVerb final : public Verb {
 public:
  ReplayVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("RUN", ids_, kRunHelp)->required();
    command.add_option("--from-file", file_, "A copy of a checkpoint file, instead of --checkpoints");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    const storage::CheckpointReader reader(file_.empty() ? checkpoints_path(settings.checkpoints) : file_);
    // Depends on code and checkpoints alone, so that every host gives the same answer.
    const auto workflows = workflows_.for_replay();
    std::vector<Replayed> replayed;
    for (const GivenRuns& given : expand_ids(ids_, console.in))
      for (const engine::RunName& name : resolve_runs(reader, given)) {
        auto stored = reader.run(name.run_id);
        if (!stored) throw NotFoundError("run " + name.run_id + " has just been pruned from these checkpoints");
        const auto report = replay(*workflows, *stored);
        replayed.push_back({std::move(*stored), report});
      }
    print_replays(console.out, replayed, settings.output);
    const bool mismatch = std::any_of(replayed.begin(), replayed.end(),
                                      [](const Replayed& one) { return !one.report.mismatches.empty(); });
    return mismatch ? ExitCode::kReplayMismatch : ExitCode::kDone;
  }

 private:
  const Workflows& workflows_;
  std::vector<std::string> ids_;
  std::string file_;
};

}  // namespace

std::unique_ptr<Verb> make_replay(CLI::App& command, Workflows& workflows) {
  return std::make_unique<ReplayVerb>(command, workflows);
}

}  // namespace pawl::bin
