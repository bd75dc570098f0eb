// Takes the payload of one event from a file or from standard input; many keep theirs.
#include "bin/commands/change/requeue.h"

#include <CLI/CLI.hpp>
#include <iterator>

#include "bin/commands/change/bulk_options.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/event_check.h"
#include "bin/operations/changes/repair.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/fleet.h"
#include "bin/settings/requester.h"
#include "engine/ports/outbox.h"
#include "storage/files/named_file.h"

namespace pawl::bin {

namespace {

std::string read_all(const std::string& path, std::istream& in) {
  if (path == "-") return {std::istreambuf_iterator<char>(in), {}};
  try {
    return storage::whole_file(path, engine::kPayloadMax);
  } catch (const storage::UnusableFile& error) {
    throw UsageError("cannot requeue: --data: cannot read the file " + path + ": " + error.what() +
                     "; --data - reads standard input");
  }
}

class RequeueVerb final : public Verb {
 public:
  RequeueVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows), bulk_(command, "requeue") {
    command.add_option("RUN", ids_, "The id of an event or a run, its beginning or its end, or EVENT/WORKFLOW")
        ->expected(0, 1);
    command.add_option("--data", data_, "File with the corrected payload, as JSON; - reads it from standard input");
    command.add_option("--reason", reason_,
                       "What was corrected and why, for the audit trail; default for one: payload corrected");
    command.add_flag("--unchecked", order_.unchecked, "Do not ask the workflow whether it takes the payload");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (bulk_.asked(ids_)) {
      if (!data_.empty())
        throw UsageError(
            "requeue --data corrects the payload of one event: name it; many are handled again with the "
            "payloads that they have");
      if (order_.unchecked)
        throw UsageError("requeue --unchecked is about a corrected payload: many keep those that they have");
      return bulk_.run(settings, console, reason_);
    }
    if (data_.empty())
      throw UsageError(
          "requeue RUN takes the corrected payload by --data; `pawl resume RUN` goes on at the failed "
          "step, and `pawl rerun RUN` begins it anew, with the payload that it has");
    return correct(settings, console);
  }

 private:
  ExitCode correct(const Settings& settings, Console& console) {
    order_.payload = read_all(data_, console.in);
    if (const std::string why = why_no_json(order_.payload); !why.empty())
      throw UsageError("cannot requeue " + ids_.front() + ": --data " + data_ + ": " + why);
    const GivenRuns given = expand_id(ids_.front(), console.in);
    await_migrated_postgres(settings, console);
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    order_.run = full_runs({given}, sources).front();
    if (!reason_.empty()) order_.reason = reason_;
    order_.requested_by = requester();
    const auto build = workflows_.for_replay();
    const Requeued done = requeue(address_of(settings), build->definitions(), order_);
    print_table(console.out, {{"event", "workflow", "stands_for"}, {{done.event_id, done.workflow, done.run_id}}, 0},
                settings.output);
    if (!done.checked && !order_.unchecked)
      console.note() << "the payload was not checked: this build has no workflow " << done.workflow << '\n';
    return ExitCode::kDone;
  }

  Workflows& workflows_;
  BulkOptions bulk_;
  std::vector<std::string> ids_;
  std::string data_;
  std::string reason_;
  RequeueOrder order_{.run = {}, .payload = "", .requested_by = "", .reason = "payload corrected"};
};

}  // namespace

std::unique_ptr<Verb> make_requeue(CLI::App& command, Workflows& workflows) {
  return std::make_unique<RequeueVerb>(command, workflows);
}

}  // namespace pawl::bin
