// Batches, as Postgres knows them: any host can ask.
#include "bin/commands/change/batch.h"

#include <CLI/CLI.hpp>
#include <array>
#include <nlohmann/json.hpp>

#include "bin/commands/change/batch_text.h"
#include "bin/commands/change/batch_work.h"
#include "bin/commands/verb/list_limit.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/query_text.h"
#include "bin/output/table.h"
#include "bin/output/utc_text.h"
#include "bin/settings/requester.h"

namespace pawl::bin {

namespace {

class BatchVerb final : public Verb {
 public:
  explicit BatchVerb(CLI::App& command) {
    list_ = command.add_subcommand("list", "All batches, newest first");
    limit_ = list_->add_option("--limit", most_, "At most so many; default 100, all with -o ids")
                 ->check(CLI::Range(1, 1'000'000))
                 ->type_name("NUMBER");
    list_->add_flag("--sql", sql_, "Print the query behind the list, for psql, and not the list");
    show_ = with_id(command.add_subcommand("show", "How far one is, what it still owes, and what became of its runs"));
    show_->add_flag("--sql", sql_, "Print the queries behind what is shown, for psql, and not that");
    watch_ = with_id(command.add_subcommand("watch", "How far one is, until it ends"));
    const std::array<std::pair<const char*, const char*>, 3> controls{
        {{"pause", "Hold one: its remaining runs stay as they are"},
         {"continue", "Let a paused one go on; where no worker lives this command does it"},
         {"abort", "End one: its remaining runs stay as they are, and what was done stays done"}}};
    for (const auto& [name, help] : controls) {
      controls_.push_back(with_id(command.add_subcommand(name, help)));
      controls_.back()->add_option("--note", note_, "Why, for the audit trail");
    }
  }

  ExitCode run(const Settings& settings, Console& console) override {
    lift_limit_for_ids(settings.output, *limit_, most_);
    if (sql_) {
      console.out << (show_->parsed() ? batch_sql(id_) : list_sql());
      return ExitCode::kDone;
    }
    await_migrated_postgres(settings, console);
    if (show_->parsed()) return show(settings, console);
    if (watch_->parsed()) return watch(settings, console);
    for (const CLI::App* verb : controls_)
      if (verb->parsed()) return control(verb->get_name(), settings, console);
    return list(settings, console);
  }

 private:
  CLI::App* with_id(CLI::App* command) {
    command->add_option("ID", id_, "The batch's number, as `pawl batch list` has it")
        ->required()
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 53));
    return command;
  }

  std::string list_sql() const {
    return QueryText("*", "pawl.v1_batches").text("order by batch desc limit " + std::to_string(most_));
  }

  ExitCode list(const Settings& settings, Console& console) const {
    const std::vector<Batch> batches = found(settings, console);
    if (settings.output == OutputFormat::kJson) {
      auto rows = nlohmann::ordered_json::array();
      for (const Batch& batch : batches) rows.push_back(batch_json(batch));
      print_json(console.out, rows);
      return ExitCode::kDone;
    }
    Table table{{"batch", "verb", "state", "runs", "owed", "rate", "made", "by", "note", "problem"}, {}, 0};
    for (const Batch& batch : batches)
      table.rows.push_back({std::to_string(batch.id), batch.verb, batch.state, std::to_string(batch.runs),
                            std::to_string(batch.owed), rate_text(batch.rate), seconds_text(batch.created_at),
                            batch.requested_by, cell_of(batch.note), cell_of(batch.problem)});
    print_table(console.out, table, settings.output);
    return ExitCode::kDone;
  }

  // One more than is shown tells whether there is more.
  std::vector<Batch> found(const Settings& settings, Console& console) const {
    std::vector<Batch> batches = list_batches(address_of(settings), most_ + 1);
    if (batches.size() <= most_) return batches;
    batches.resize(most_);
    console.note() << "older batches than these " << most_
                   << " were left out; --limit takes another number, -o ids gives all\n";
    return batches;
  }

  ExitCode show(const Settings& settings, Console& console) const {
    const Batch batch = find_batch(address_of(settings), id_);
    const std::vector<BatchOutcome> outcomes = outcomes_of(address_of(settings), id_);
    const std::vector<BatchOutcome> ends = ends_of(address_of(settings), id_);
    if (settings.output == OutputFormat::kJson) {
      auto document = batch_json(batch);
      document["outcomes"] = outcomes_json("outcome", outcomes);
      document["now"] = outcomes_json("status", ends);
      print_json(console.out, document);
      return ExitCode::kDone;
    }
    if (settings.output == OutputFormat::kTable) {
      const Table head{{"batch", std::to_string(batch.id)},
                       {{"verb", batch.verb},
                        {"progress", progress_text(batch)},
                        {"filter", batch.filter},
                        {"made", seconds_text(batch.created_at) + " by " + batch.requested_by},
                        {"note", batch.note}},
                       0};
      print_table(console.out, head, OutputFormat::kTable);
      console.out << '\n';
    }
    print_table(console.out, outcomes_table("outcome", outcomes), settings.output);
    if (settings.output == OutputFormat::kTable && !ends.empty()) {
      console.out << '\n';
      print_table(console.out, outcomes_table("now", ends), OutputFormat::kTable);
    }
    warn_if_nobody_works(batch, settings, console);
    return ExitCode::kDone;
  }

  ExitCode watch(const Settings& settings, Console& console) const {
    warn_if_nobody_works(find_batch(address_of(settings), id_), settings, console);
    return watch_batch(id_, settings, console);
  }

  static void warn_if_nobody_works(const Batch& batch, const Settings& settings, Console& console) {
    if (batch.state == "running" && !worker_lives(address_of(settings)))
      console.note() << "no worker lives, so that nobody works on it: start one, or `pawl batch continue " << batch.id
                     << "` does it from here\n";
  }

  ExitCode control(const std::string& verb, const Settings& settings, Console& console) const {
    const bool goes_on = verb == "continue";
    const bool from_here = goes_on && !worker_lives(address_of(settings));
    if (!from_here || find_batch(address_of(settings), id_).state != "running")
      control_batch(address_of(settings), id_, verb, requester(), note_);
    const ExitCode code = from_here ? work_on(id_, settings, console) : ExitCode::kDone;
    if (from_here && settings.output == OutputFormat::kTable) return code;  // which it has printed
    const Batch batch = find_batch(address_of(settings), id_);
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, batch_json(batch));
    else
      print_table(console.out,
                  {{"batch", "state", "runs", "owed"},
                   {{std::to_string(batch.id), batch.state, std::to_string(batch.runs), std::to_string(batch.owed)}},
                   0},
                  settings.output);
    return code;
  }

  CLI::App* list_ = nullptr;
  CLI::Option* limit_ = nullptr;
  std::size_t most_ = 100;
  bool sql_ = false;
  CLI::App* show_ = nullptr;
  CLI::App* watch_ = nullptr;
  std::vector<CLI::App*> controls_;
  std::int64_t id_ = 0;
  std::string note_;
};

}  // namespace

std::unique_ptr<Verb> make_batch_verb(CLI::App& command) { return std::make_unique<BatchVerb>(command); }

}  // namespace pawl::bin
