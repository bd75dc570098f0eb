// Replays runs from the checkpoint file, or from a copy of one: those that are named, or every run that passes.
#include "bin/commands/inspect/replay.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/corpus.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/output/corpus_text.h"
#include "bin/output/replay_text.h"
#include "bin/settings/duration.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"

namespace pawl::bin {

namespace {

class ReplayVerb final : public Verb {
 public:
  ReplayVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--from-file", file_,
                       "A copy of a checkpoint file, instead of --checkpoints; without RUN each run of it");
    command.add_flag("--all", all_, "Every run of the file");
    command.add_flag("--unfinished", filter_.unfinished, "Every run that has not ended: what a deploy would meet");
    command.add_option("--workflow", filter_.workflow, "Every run of this workflow");
    command.add_option("--since", since_,
                       "Every run that ended since then, or has not ended: " + std::string(kPastTimes));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (!since_.empty()) filter_.since_seconds = parse_ago("--since", since_);
    const bool is_filtered = filter_.unfinished || !filter_.workflow.empty() || !since_.empty();
    const bool is_corpus = all_ || is_filtered || (ids_.empty() && !file_.empty());
    if (!ids_.empty() && is_corpus)
      throw UsageError("replay takes either ids or --all, --unfinished, --workflow and --since");
    if (all_ && is_filtered) throw UsageError("replay --all goes without --unfinished, --workflow and --since");
    if (ids_.empty() && !is_corpus)
      throw UsageError("no run was given: give ids, their beginnings or ends, or --all, --unfinished or --from-file");
    const std::string path = file_.empty() ? checkpoints_path(settings.checkpoints) : file_;
    const storage::CheckpointReader reader(path);
    if (file_.empty()) warn_if_nobody_works(reader, path, console);
    // Depends on code and checkpoints alone, so that every host gives the same answer.
    const auto build = workflows_.for_replay();
    if (!is_corpus) return replay_named(reader, *build, settings, console);
    const CorpusReport corpus = replay_all(reader, *build, settings, console);
    if (corpus.misfits > 0) return ExitCode::kReplayMismatch;
    if (corpus.replayed > 0) return ExitCode::kDone;
    const std::string nothing = "there was no run to replay in " + path;
    if (!filter_.unfinished)  // whoever asks about runs in general would take it for an answer
      throw NotFoundError(nothing + ", so that this says nothing of the build; `pawl runs --checkpoints " + path +
                          "` lists what there is");
    console.note() << nothing << '\n';
    return ExitCode::kDone;
  }

 private:
  CorpusReport replay_all(const storage::CheckpointReader& reader, const Workflows& build, const Settings& settings,
                          Console& console) const {
    const auto tell_id = [&](const std::string& id) {
      if (settings.output == OutputFormat::kIds) console.out << id << '\n';
    };
    const CorpusReport corpus = replay_corpus(reader, filter_, build.definitions(), tell_id);
    if (settings.output != OutputFormat::kIds) print_corpus(console.out, corpus, settings.output);
    return corpus;
  }

  ExitCode replay_named(const storage::CheckpointReader& reader, const Workflows& build, const Settings& settings,
                        Console& console) const {
    std::vector<Replayed> replayed;
    for (const GivenRuns& given : expand_ids(ids_, console.in))
      for (const engine::RunName& name : resolve_runs(reader, given)) {
        auto stored = reader.run(name.run_id);
        if (!stored) throw NotFoundError("run " + name.run_id + " has just been pruned from these checkpoints");
        const auto report = replay_with(build.definitions(), *stored);
        replayed.push_back({std::move(*stored), report});
      }
    print_replays(console.out, replayed, settings.output);
    const bool mismatch = std::any_of(replayed.begin(), replayed.end(),
                                      [](const Replayed& one) { return !one.report.mismatches.empty(); });
    return mismatch ? ExitCode::kReplayMismatch : ExitCode::kDone;
  }

  const Workflows& workflows_;
  std::vector<std::string> ids_;
  std::string file_;
  std::string since_;
  bool all_ = false;
  storage::RunFilter filter_;
};

}  // namespace

std::unique_ptr<Verb> make_replay(CLI::App& command, Workflows& workflows) {
  return std::make_unique<ReplayVerb>(command, workflows);
}

}  // namespace pawl::bin
