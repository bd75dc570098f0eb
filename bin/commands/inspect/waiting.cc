// Lists what waits, and why.
#include "bin/commands/inspect/waiting.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "bin/commands/verb/list_limit.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/query_text.h"
#include "bin/operations/runs/waiting.h"
#include "bin/output/redact.h"
#include "bin/output/terminal_table.h"
#include "bin/output/waiting_text.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

nlohmann::ordered_json document_of(const std::vector<Waiting>& all) {
  auto document = nlohmann::ordered_json::array();
  for (const Waiting& one : all) document.push_back(waiting_document(one));
  return document;
}

class WaitingVerb final : public Verb {
 public:
  WaitingVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--workflow", question_.workflow, "Only runs of this workflow");
    command.add_option("--step", question_.step, "Only runs that wait for this step");
    command.add_flag("--sql", sql_, "Print the query behind the list, for psql, and not the list");
    limit_ = command.add_option("--limit", question_.limit, "At most so many; default 100, all with -o ids")
                 ->check(CLI::Range(1, 1'000'000));
  }

  ExitCode run(const Settings& settings, Console& console) override {
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    if (!ids_.empty())
      for (const GivenRuns& given : expand_ids(ids_, console.in))
        for (engine::RunName& name : sources.resolve(given).runs) question_.runs.push_back(std::move(name));
    question_.limit = std::max(question_.limit, question_.runs.size());
    if (sql_) {
      console.out << query();
      return ExitCode::kDone;
    }
    lift_limit_for_ids(settings.output, *limit_, question_.limit);
    storage::PostgresConnection* const postgres = sources.postgres();
    const storage::CheckpointReader* const reader = sources.checkpoints();
    if (!reader && !postgres)
      throw engine::UnavailableError("cannot say what waits: there is no checkpoint file " + sources.path() +
                                     ", and Postgres could not be asked: " + sources.postgres_error());
    const std::vector<Waiting> all =
        waiting_of(reader, postgres, question_,
                   [this](const auto& workflow, const auto& step) { return workflows_.retry_of(workflow, step); });
    tell_sources(sources, console);
    if (reader) warn_if_nobody_works(*reader, sources.path(), console);
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, document_of(all));
    else
      print_for_people(console, waiting_table(all), settings.output);
    if (all.empty() && !question_.runs.empty()) tell_ended(settings, console);
    tell_left_out(all.size(), postgres, console);
    return ExitCode::kDone;
  }

 private:
  std::string query() const {
    std::vector<std::string> ids;
    for (const engine::RunName& run : question_.runs) ids.push_back(run.run_id);
    QueryText query("*", "pawl.v1_waiting");
    query.one_of("run_id", ids).equals("workflow", question_.workflow).equals("step", question_.step);
    return query.text("order by run_id limit " + std::to_string(question_.limit));
  }

  // A failed run that a batch is about to let go on waits for that.
  void tell_ended(const Settings& settings, Console& console) const {
    std::vector<std::string> ids;
    for (const engine::RunName& run : question_.runs) ids.push_back(run.run_id);
    const auto owed = owed_if_known(settings.postgres, ids);
    for (const auto& [run, by] : owed) console.note() << "run " << run << " has failed: " << by << '\n';
    if (owed.empty()) console.note() << "none of these waits any more; `pawl show` tells how it ended\n";
  }

  static void tell_sources(RunSources& sources, Console& console) {
    if (!sources.postgres())
      console.note() << "from the checkpoints alone, since Postgres could not be asked: "
                     << redacted(sources.postgres_error(), *console.secrets) << '\n';
    if (!sources.checkpoints())
      console.note() << "from Postgres alone, since there is no checkpoint file " << sources.path() << '\n';
  }

  void tell_left_out(std::size_t shown, storage::PostgresConnection* postgres, Console& console) const {
    if (shown < question_.limit || !question_.runs.empty()) return;
    if (!postgres || !question_.step.empty()) return tell_may_be_more(shown, console);  // nobody counts those of a step
    const std::int64_t all = storage::count_unfinished(*postgres, question_.workflow);
    if (all > static_cast<std::int64_t>(shown))
      console.note() << all - static_cast<std::int64_t>(shown) << " of " << all
                     << " unfinished runs were left out; --limit takes another number, -o ids gives all\n";
  }

  Workflows& workflows_;
  CLI::Option* limit_ = nullptr;
  std::vector<std::string> ids_;
  bool sql_ = false;
  WaitingQuestion question_;
};

}  // namespace

std::unique_ptr<Verb> make_waiting(CLI::App& command, Workflows& workflows) {
  return std::make_unique<WaitingVerb>(command, workflows);
}

}  // namespace pawl::bin
