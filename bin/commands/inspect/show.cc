// The story of one run: its event, its timeline, and what Postgres knows of its deliveries.
#include "bin/commands/inspect/show.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "bin/commands/inspect/show_fleet.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/operations/runs/timeline.h"
#include "bin/output/redact.h"
#include "bin/output/story_text.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/operators/event_admin.h"

namespace pawl::bin {

namespace {

std::string sentence(const storage::KnownRun& run) {
  return "run " + run.run_id + (run.workflow.empty() ? "" : " of " + run.workflow) + " is " + run.status +
         (run.reason.empty() ? "" : ": " + run.reason);
}

/// The event's runs that no story tells. Whether Postgres answers is told with the deliveries.
std::vector<storage::KnownRun> others_of(const storage::PostgresAddress& address,
                                         const std::vector<engine::RunName>& shown) {
  std::vector<storage::KnownRun> others;
  if (!is_full_id(shown.front().event_id)) return others;
  try {
    others = storage::known_runs(address, shown.front().event_id, "");
  } catch (const engine::Error&) {
    return others;
  }
  std::erase_if(others, [&](const storage::KnownRun& run) {
    return std::ranges::find(shown, run.run_id, &engine::RunName::run_id) != shown.end();
  });
  return others;
}

class ShowVerb final : public Verb {
 public:
  ShowVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("RUN", id_, "The id of an event or a run, its beginning or its end, or EVENT/WORKFLOW")
        ->required();
  }

  ExitCode run(const Settings& settings, Console& console) override {
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    const GivenRuns given = expand_id(id_, console.in);
    const ResolvedRuns resolved = sources.resolve(given);
    const std::vector<engine::RunName>& names = resolved.runs;
    if (resolved.in_fleet) {
      show_from_fleet(sources, names, with_short_answers(settings.postgres), settings.output, console);
      return ExitCode::kDone;
    }
    const storage::CheckpointReader& reader = *sources.checkpoints();
    warn_if_nobody_works(reader, sources.path(), console);
    std::vector<Story> stories;
    for (const engine::RunName& name : names) {
      if (settings.output == OutputFormat::kIds) {
        console.out << name.run_id << '\n';
        continue;
      }
      auto story = story_of(reader, with_short_answers(settings.postgres), name.run_id);
      if (!story) throw NotFoundError("run " + name.run_id + " has just been pruned from these checkpoints");
      story->unavailable = redacted(story->unavailable, *console.secrets);
      add_what_is_next(*story, name, sources, settings);
      stories.push_back(*std::move(story));
    }
    if (settings.output == OutputFormat::kJson) {
      print_story_documents(console.out, stories);
      return ExitCode::kDone;
    }
    for (std::size_t i = 0; i < stories.size(); ++i) {
      if (i > 0) console.out << '\n';
      print_story(console, stories[i]);
    }
    if (settings.output == OutputFormat::kTable && given.workflow.empty())
      for (const storage::KnownRun& other : others_of(with_short_answers(settings.postgres), names))
        console.out << "\nnot in these checkpoints, but in Postgres: " << redacted(sentence(other), *console.secrets)
                    << '\n';
    return ExitCode::kDone;
  }

 private:
  // Postgres is asked for what the checkpoints do not tell of a run that has failed or is not over: what has become of
  // it since, its batch, its circuit.
  void add_what_is_next(Story& story, const engine::RunName& name, RunSources& sources,
                        const Settings& settings) const {
    if (story.unavailable.empty()) tell_change(story, name, sources);
    if (story.status == "failed" && story.unavailable.empty())
      story.owed = owed_if_known(settings.postgres, name.run_id);
    if (story.status != "running" && story.status != "waiting") return;
    auto waiting =
        waiting_of(sources.checkpoints(), story.unavailable.empty() ? sources.postgres() : nullptr, {.runs = {name}},
                   [this](const auto& workflow, const auto& step) { return workflows_.retry_of(workflow, step); });
    if (!waiting.empty()) story.waiting = std::move(waiting.front());
  }

  static void tell_change(Story& story, const engine::RunName& name, RunSources& sources) {
    for (const auto& [run, now] : sources.changed_since({{name.run_id, story.status}})) {
      story.status = now.status;
      story.reason = now.reason;
      for (Waiting& waiting : waiting_in_fleet(*sources.postgres(), {.runs = {name}}))
        story.waiting = std::move(waiting);
    }
  }

  const Workflows& workflows_;
  std::string id_;
};

}  // namespace

std::unique_ptr<Verb> make_show(CLI::App& command, Workflows& workflows) {
  return std::make_unique<ShowVerb>(command, workflows);
}

}  // namespace pawl::bin
