// Puts failed events back into the outbox, one by one or in bulk.
#include "bin/commands/change/resume.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/command_error.h"
#include "bin/operations/run_ids.h"
#include "bin/settings/duration.h"
#include "bin/settings/requester.h"
#include "storage/outbox/event_admin.h"

namespace pawl::bin {

namespace {

/// Beginnings and ends of ids need the checkpoints; full ids do not, so that any host can resume.
std::vector<std::string> full_ids(const std::vector<GivenRuns>& given, const Settings& settings) {
  std::optional<storage::CheckpointReader> reader;
  std::vector<std::string> full;
  for (const GivenRuns& runs : given) {
    if (is_full_id(runs.id)) {
      full.push_back(runs.text());
      continue;
    }
    if (!reader) reader.emplace(checkpoints_path(settings.checkpoints));
    const engine::RunName run = resolve_runs(*reader, runs).front();  // all are of one event
    const bool of_event = run.event_id.starts_with(runs.id) || run.event_id.ends_with(runs.id);
    full.push_back(of_event ? GivenRuns{run.event_id, runs.workflow}.text() : run.run_id);
  }
  return full;
}

class ResumeVerb final : public Verb {
 public:
  explicit ResumeVerb(CLI::App& command) {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_flag("--failed", failed_, "Every failed run that ended within --since");
    command.add_option("--since", since_, "With --failed: only those that ended within this time, like 2h");
    command.add_option("--rate", rate_, "Spread them out, like 20/s; without it all at once");
    command.add_option("--note", request_.note, "Why, for the audit trail");
    command.add_flag("--yes", yes_, "Do it; without it --failed only prints what it would resume");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    check_arguments();
    if (!rate_.empty()) request_.rate = parse_rate(rate_);
    request_.requested_by = requester();
    if (!failed_) request_.event_ids = full_ids(expand_ids(ids_, console.in), settings);
    await_migrated_postgres(settings, console);
    if (failed_) {
      request_.event_ids = storage::failed_events(settings.postgres, whole_seconds(parse_duration(since_)));
      if (request_.event_ids.empty()) {
        console.err << "no run failed within " << since_ << ": nothing to resume\n";
        return ExitCode::kDone;
      }
      if (!yes_) return preview(settings, console);
    }
    return resume(settings, console);
  }

 private:
  void check_arguments() const {
    if (failed_ == !ids_.empty()) throw UsageError("resume takes either ids or --failed --since DURATION");
    if (failed_ && since_.empty()) throw UsageError("resume --failed needs --since, like --since 2h");
    if (!failed_ && !since_.empty()) throw UsageError("resume --since goes with --failed");
  }

  ExitCode preview(const Settings& settings, Console& console) const {
    Table table{{"run"}, {}, 0};
    for (const std::string& id : request_.event_ids) table.rows.push_back({id});
    print_table(console.out, table, settings.output);
    console.err << "refused: " << request_.event_ids.size() << " runs would be resumed; add --yes to do it\n";
    return ExitCode::kRefused;
  }

  ExitCode resume(const Settings& settings, Console& console) const {
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    for (const auto& outcome : storage::resume_events(settings.postgres, request_)) {
      table.rows.push_back({outcome.run_id, outcome.resumed ? "resumed" : "refused", outcome.detail});
      if (outcome.resumed) continue;
      const bool not_found = outcome.detail.find("not found") != std::string::npos;
      if (not_found)
        code = ExitCode::kNotFound;
      else if (code == ExitCode::kDone)
        code = ExitCode::kRefused;
    }
    print_table(console.out, table, settings.output);
    return code;
  }

  std::vector<std::string> ids_;
  bool failed_ = false;
  bool yes_ = false;
  std::string since_;
  std::string rate_;
  storage::ResumeRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_resume(CLI::App& command) { return std::make_unique<ResumeVerb>(command); }

}  // namespace pawl::bin
