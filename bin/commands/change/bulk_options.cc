// Previews by groups, and makes batches.
#include "bin/commands/change/bulk_options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/commands/change/batch_text.h"
#include "bin/commands/change/batch_work.h"
#include "bin/commands/verb/bulk_filter.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/output/groups_text.h"
#include "bin/settings/duration.h"
#include "bin/settings/requester.h"
#include "engine/text/counted.h"
#include "storage/outbox/operators/repairs.h"
#include "workflows/text/suggestion.h"

namespace pawl::bin {

BulkOptions::BulkOptions(CLI::App& command, std::string verb) : verb_(std::move(verb)) {
  const std::string when = on_failed() ? "failed" : "were emitted";
  const auto filter = [&](const std::string& flag, std::string& value, const std::string& help) {
    filters_.push_back(command.add_option(flag, value, help));
  };
  if (on_failed()) command.add_flag("--failed", all_failed_, "Every failed run that the other filters leave");
  filter("--since", since_, "Only runs that " + when + " since then: " + kPastTimes);
  filter("--until", until_, "Only runs that " + when + " before: " + kPastTimes);
  filter("--workflow", filter_.workflow, "Only runs of this workflow");
  if (on_failed()) {
    filter("--step", filter_.step, "Only runs that this step's failure ended");
    filter("--error-like", filter_.error_like, "Only runs with this in their reason; with % a LIKE pattern");
  } else if (verb_ == "retry-now") {
    filter("--step", filter_.step, "Only runs held by this step while it is paused or has a call out");
  }
  filter("--connection,--about", filter_.connection,
         "Only runs about this connection, or whatever their events are about");
  filter("--org", filter_.org, "Only runs of this organisation");
  filter("--user", filter_.user, "Only runs that tell this user, by id or address");
  rate_option_ = command.add_option("--rate", rate_, "Spread them out, like 20/s; without it as fast as it goes");
  CLI::Option* yes = command.add_flag("--yes", yes_, "Do it; without it a filter only shows what it is about");
  command.add_flag("--sql", sql_, "Print the query behind what the filters show, for psql, and do nothing")
      ->excludes(yes);
}

bool BulkOptions::filtered() const {
  return all_failed_ || std::ranges::any_of(filters_, [](const CLI::Option* option) { return option->count() > 0; });
}

bool BulkOptions::asked(const std::vector<std::string>& ids) const {
  const auto require_value = [](const CLI::Option* option) {
    if (option->count() > 0 && option->as<std::string>().empty())
      throw UsageError(option->get_name() + " was given no value: leave it out, or give it one");
  };
  std::ranges::for_each(filters_, require_value);
  require_value(rate_option_);
  if (ids.empty()) return true;
  if (sql_) throw UsageError(verb_ + " --sql prints the query behind its filters: it goes without ids");
  if (filtered()) throw UsageError(verb_ + " takes either ids or filters like --since, not both");
  if (verb_ != "resume" && rate_option_->count() > 0)
    throw UsageError(verb_ + " acts on ids at once: --rate goes with filters like --since, whose runs become a batch");
  return false;
}

double BulkOptions::rate() const { return rate_.empty() ? 0 : parse_rate(rate_); }

ExitCode BulkOptions::run(const Settings& settings, Console& console, const std::string& note) {
  filter_ = bulk_filter(filter_, since_, until_);
  (void)rate();  // what is wrong with it is said before anything else
  if (sql_) {
    console.out << preview_sql(verb_, filter_);
    return ExitCode::kDone;
  }
  if (filtered() && !yes_ && settings.output == OutputFormat::kIds)
    throw UsageError(verb_ + " without --yes shows groups, which have no ids: it goes without -o ids");
  await_migrated_postgres(settings, console);
  if (!filtered()) return refuse_unfiltered(settings, console);
  return yes_ ? make(settings, console, note) : preview(settings, console);
}

ExitCode BulkOptions::refuse_unfiltered(const Settings& settings, Console& console) const {
  const std::int64_t runs = runs_in(preview_bulk(address_of(settings, kLongAnswer), verb_, {}));
  const std::string state = on_failed() ? " failed" : " not ended";
  if (runs == 0) {
    console.err << "no run has" << state << ": nothing to " << verb_ << '\n';
    return ExitCode::kDone;
  }
  console.err << "refused: " << engine::counted(runs, "run") << (runs == 1 ? " has" : " have") << state
              << "; say which of them: ids" << (on_failed() ? ", --failed for all," : "")
              << " or a filter like --since 2h or --workflow NAME, which "
              << "only shows what it is about until you add --yes\n";
  return ExitCode::kRefused;
}

// A name that is mistyped selects nothing, which does not mean that there is nothing.
void BulkOptions::tell_unknown_workflow(const Settings& settings, Console& console) const {
  if (filter_.workflow.empty()) return;
  std::vector<std::string> names;
  for (const auto& [type, workflow] : storage::registered_names(address_of(settings))) names.push_back(workflow);
  if (std::ranges::find(names, filter_.workflow) == names.end())
    console.note() << "no workflow " << filter_.workflow << " is registered"
                   << text::suggestion(filter_.workflow, names) << '\n';
}

ExitCode BulkOptions::nothing(const Settings& settings, Console& console) const {
  if (settings.output == OutputFormat::kJson) print_groups(console.out, verb_, {}, settings.output);
  tell_unknown_workflow(settings, console);
  console.err << "no " << (on_failed() ? "failed" : "unfinished") << " run is like that: nothing to " << verb_ << '\n';
  return ExitCode::kDone;
}

ExitCode BulkOptions::preview(const Settings& settings, Console& console) const {
  const std::vector<BulkGroup> groups = preview_bulk(address_of(settings, kLongAnswer), verb_, filter_);
  if (groups.empty()) return nothing(settings, console);
  if (settings.output != OutputFormat::kIds) print_groups(console.out, verb_, groups, settings.output);
  const std::int64_t runs = runs_in(groups), left_out = left_out_of(groups);
  if (runs == 0) {
    console.err << "all of them are left out: nothing to " << verb_ << '\n';
    return ExitCode::kDone;
  }
  console.err << "refused: " << engine::counted(runs, "run") << " would be " << done_word(verb_);
  if (left_out > 0) console.err << " and " << left_out << " left out";
  if (verb_ == "requeue") console.err << ", each with the payload of the archive, which has its secrets redacted";
  console.err << "; add --yes to do it" << (rate_.empty() ? ", and --rate 20/s to spread them out" : "") << '\n';
  return ExitCode::kRefused;
}

void BulkOptions::tell_who_runs(const MadeBatch& made, const Settings& settings, Console& console) const {
  if (verb_ == "cancel") return;
  for (const std::string& sentence : who_will_run_each(settings.postgres, made.workflows))
    console.err << sentence << '\n';
}

ExitCode BulkOptions::make(const Settings& settings, Console& console, const std::string& note) const {
  const MadeBatch made = make_batch(address_of(settings, kLongAnswer), {verb_, filter_, requester(), note, rate()});
  if (made.id == 0) return preview(settings, console);
  const std::string id = std::to_string(made.id);
  const bool by_worker = worker_lives(address_of(settings));
  if (settings.output == OutputFormat::kJson)
    print_json(console.out,
               {{"batch", made.id}, {"runs", made.runs}, {"worked_on_by", by_worker ? "worker" : "this command"}});
  else
    print_table(console.out,
                {{"batch", "verb", "runs", "rate"}, {{id, verb_, std::to_string(made.runs), rate_text(rate())}}, 0},
                settings.output);
  if (!by_worker) return work_on(made.id, settings, console);
  tell_who_runs(made, settings, console);
  console.err << "a worker does it: `pawl batch watch " << id << "` shows how far it is, `pawl batch pause " << id
              << "` holds it\n";
  return ExitCode::kDone;
}

}  // namespace pawl::bin
