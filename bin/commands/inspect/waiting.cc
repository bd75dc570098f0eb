// Lists what waits, and why.
#include "bin/commands/inspect/waiting.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/query_text.h"
#include "bin/operations/runs/waiting.h"
#include "bin/output/json_value.h"
#include "bin/output/redact.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

using Json = nlohmann::ordered_json;

Json document_of(const std::vector<Waiting>& all) {
  Json document = Json::array();
  for (const Waiting& one : all)
    document.push_back({{"run", one.run_id},
                        {"event", one.event_id},
                        {"workflow", text_or_null(one.workflow)},
                        {"state", one.state},
                        {"reason", one.reason},
                        {"step", text_or_null(one.step)},
                        {"key", text_or_null(one.key)},
                        {"attempts", number_or_null(one.attempts)},
                        {"attempts_max", number_or_null(one.attempts_max)},
                        {"since", text_or_null(one.since)},
                        {"next_at", text_or_null(one.next_at)},
                        {"gives_up_at", text_or_null(one.gives_up_at)},
                        {"host", text_or_null(one.host)},
                        {"source", one.source}});
  return document;
}

std::string attempts_text(const Waiting& one) {
  if (!one.attempts) return "";
  return std::to_string(*one.attempts) + (one.attempts_max ? " of " + std::to_string(*one.attempts_max) : "");
}

Table table_of(const std::vector<Waiting>& all) {
  Table table{{"run", "state", "workflow", "step", "attempts", "since", "next", "gives up", "host", "reason"}, {}, 0};
  for (const Waiting& one : all)
    table.rows.push_back({one.run_id, one.state, one.workflow, one.step, attempts_text(one), one.since, one.next_at,
                          one.gives_up_at, one.host, one.reason});
  return table;
}

class WaitingVerb final : public Verb {
 public:
  WaitingVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--workflow", question_.workflow, "Only runs of this workflow");
    command.add_option("--step", question_.step, "Only runs that wait for this step");
    command.add_flag("--sql", sql_, "Print the query behind the list, for psql, and not the list");
    command.add_option("--limit", question_.limit, "At most so many; default 100")->check(CLI::Range(1, 1'000'000));
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
    storage::PostgresConnection* const postgres = sources.postgres();
    const storage::CheckpointReader* const reader = sources.checkpoints();
    if (!reader && !postgres)
      throw engine::UnavailableError("cannot say what waits: there is no checkpoint file " + sources.path() +
                                     ", and Postgres could not be asked: " + sources.postgres_error());
    const std::vector<Waiting> all =
        waiting_of(reader, postgres, question_,
                   [this](const auto& workflow, const auto& step) { return workflows_.retry_of(workflow, step); });
    tell_sources(sources, console);
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, document_of(all));
    else
      print_table(console.out, table_of(all), settings.output);
    if (all.empty() && !question_.runs.empty())
      console.err << "pawl: none of these waits any more; `pawl show` tells how it ended\n";
    tell_left_out(all.size(), postgres, console);
    return ExitCode::kDone;
  }

 private:
  std::string query() const {
    std::vector<std::string> ids;
    for (const engine::RunName& run : question_.runs) ids.push_back(run.run_id);
    QueryText query("*", "pawl.v1_waiting");
    query.one_of("run_id", ids).equals("workflow", question_.workflow).equals("step", question_.step);
    return query.text("order by since limit " + std::to_string(question_.limit));
  }

  static void tell_sources(RunSources& sources, Console& console) {
    if (!sources.postgres())
      console.err << "pawl: from the checkpoints alone, since Postgres could not be asked: "
                  << redacted(sources.postgres_error(), *console.secrets) << '\n';
    if (!sources.checkpoints())
      console.err << "pawl: from Postgres alone, since there is no checkpoint file " << sources.path() << '\n';
  }

  void tell_left_out(std::size_t shown, storage::PostgresConnection* postgres, Console& console) const {
    if (shown < question_.limit || !postgres || !question_.runs.empty() || !question_.step.empty()) return;
    const std::int64_t all = storage::count_unfinished(*postgres, question_.workflow);
    if (all > static_cast<std::int64_t>(shown))
      console.err << "pawl: " << all - static_cast<std::int64_t>(shown) << " of " << all
                  << " unfinished runs were left out; --limit takes another number, `pawl status` counts all\n";
  }

  Workflows& workflows_;
  std::vector<std::string> ids_;
  bool sql_ = false;
  WaitingQuestion question_;
};

}  // namespace

std::unique_ptr<Verb> make_waiting(CLI::App& command, Workflows& workflows) {
  return std::make_unique<WaitingVerb>(command, workflows);
}

}  // namespace pawl::bin
