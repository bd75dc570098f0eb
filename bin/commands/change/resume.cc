// Puts failed events back into the outbox, by ids or by filters.
#include "bin/commands/change/resume.h"

#include <CLI/CLI.hpp>

#include "bin/commands/change/bulk_options.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/run_changes.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/requester.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"

namespace pawl::bin {

namespace {

class ResumeVerb final : public Verb {
 public:
  explicit ResumeVerb(CLI::App& command) : bulk_(command, "resume") {
    command.add_option("RUN", ids_, kRunHelp);
    command.add_option("--note", request_.note, "Why, for the audit trail");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (bulk_.asked(ids_)) return bulk_.run(settings, console, request_.note);
    request_.rate = bulk_.rate();
    request_.requested_by = requester();
    request_.event_ids = full_ids(expand_ids(ids_, console.in), checkpoints_path(settings.checkpoints));
    await_migrated_postgres(settings, console);
    return resume(settings, console);
  }

 private:
  ExitCode resume(const Settings& settings, Console& console) const {
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    std::vector<std::string> resumed;
    for (const auto& outcome : storage::resume_events(address_of(settings), request_)) {
      const std::string advice = outcome.resumed ? "" : advice_on(address_of(settings), outcome.run_id, outcome.detail);
      table.rows.push_back({outcome.run_id, outcome.resumed ? "resumed" : "refused", outcome.detail + advice});
      if (outcome.resumed) resumed.push_back(outcome.run_id);
      if (outcome.resumed) continue;
      const bool not_found = outcome.detail.find("not found") != std::string::npos;
      if (not_found)
        code = ExitCode::kNotFound;
      else if (code == ExitCode::kDone)
        code = ExitCode::kRefused;
    }
    print_table(console.out, table, settings.output);
    for (const std::string& sentence : who_will_run_each(settings.postgres, workflows_of(resumed, settings)))
      console.err << sentence << '\n';
    return code;
  }

  static std::vector<std::string> workflows_of(const std::vector<std::string>& runs, const Settings& settings) try {
    std::vector<std::string> workflows;
    if (runs.empty()) return workflows;
    for (const engine::RunName& run : storage::runs_of(address_of(settings), runs)) workflows.push_back(run.workflow);
    return workflows;
  } catch (const engine::Error&) {  // they are resumed all the same, and that stays said
    return {};
  }

  BulkOptions bulk_;
  std::vector<std::string> ids_;
  storage::ResumeRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_resume(CLI::App& command) { return std::make_unique<ResumeVerb>(command); }

}  // namespace pawl::bin
