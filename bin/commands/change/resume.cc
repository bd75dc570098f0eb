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
#include "storage/outbox/event_admin.h"

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
    for (const auto& outcome : storage::resume_events(settings.postgres, request_)) {
      const std::string advice = outcome.resumed ? "" : advice_on(outcome.detail);
      table.rows.push_back({outcome.run_id, outcome.resumed ? "resumed" : "refused", outcome.detail + advice});
      if (outcome.resumed) continue;
      const bool not_found = outcome.detail.find("not found") != std::string::npos;
      if (not_found)
        code = ExitCode::kNotFound;
      else if (code == ExitCode::kDone)
        code = ExitCode::kRefused;
    }
    print_table(console.out, table, settings.output);
    if (code == ExitCode::kDone) tell_who_runs(settings, console);
    return code;
  }

  // They are resumed, whether or not that can be told.
  static void tell_who_runs(const Settings& settings, Console& console) try {
    console.err << "pawl: " << who_will_run(settings.postgres, "").sentence << '\n';
  } catch (const engine::Error&) {
  }

  BulkOptions bulk_;
  std::vector<std::string> ids_;
  storage::ResumeRequest request_;
};

}  // namespace

std::unique_ptr<Verb> make_resume(CLI::App& command) { return std::make_unique<ResumeVerb>(command); }

}  // namespace pawl::bin
