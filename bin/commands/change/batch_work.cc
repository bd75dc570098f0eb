// The two loops around a batch that runs.
#include "bin/commands/change/batch_work.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/commands/change/batch_text.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/batches.h"
#include "bin/output/table.h"
#include "bin/worker/signals.h"

namespace pawl::bin {

namespace {

constexpr std::chrono::milliseconds kShownEvery{500};

/// One line that is redrawn where somebody sees it, else lines as things change.
class ProgressLine {
 public:
  ProgressLine(Console& console, bool quiet) : console_(console), quiet_(quiet) {}

  void show(const Batch& batch) {
    const std::string text = "batch " + std::to_string(batch.id) + ": " + progress_text(batch);
    if (quiet_ || text == shown_) return;
    shown_ = text;
    if (console_.err_is_terminal)
      console_.unfiltered() << '\r' << text << "\033[K" << std::flush;
    else
      console_.out << text << std::endl;
  }

  void finish() {
    if (!quiet_ && console_.err_is_terminal && !shown_.empty()) console_.unfiltered() << '\n' << std::flush;
  }

 private:
  Console& console_;
  const bool quiet_;
  std::string shown_;
};

void print_end(const Batch& batch, const std::vector<BatchOutcome>& outcomes, const Settings& settings,
               Console& console) {
  if (settings.output == OutputFormat::kJson) {
    auto document = batch_json(batch);
    document["outcomes"] = outcomes_json("outcome", outcomes);
    return print_json(console.out, document);
  }
  print_table(console.out, outcomes_table("outcome", outcomes), settings.output);
}

}  // namespace

ExitCode work_on(std::int64_t batch, const Settings& settings, Console& console) {
  const std::string id = std::to_string(batch);
  console.err << "no worker lives: this command does it, and what it puts back waits for a worker\n";
  watch_signals(console.err_is_terminal);
  BatchWork work(address_of(settings), batch);
  ProgressLine line(console, settings.output != OutputFormat::kTable || !console.err_is_terminal);
  while (!stop_requested()) {
    BatchWork::Step step;
    await_postgres(settings, console, [&] { step = work.step(); });
    line.show(find_batch(address_of(settings), batch));
    if (!step.running || !step.problem.empty()) break;
    const auto next = std::chrono::duration<double>(std::min(step.seconds_to_wait(), 1.0));
    if (wait_for_stop(std::chrono::duration_cast<engine::Duration>(next))) break;
  }
  line.finish();
  const Batch left = find_batch(address_of(settings), batch);
  if (settings.output == OutputFormat::kTable)
    print_table(console.out, outcomes_table("outcome", outcomes_of(address_of(settings), batch)), settings.output);
  if (left.state == "done") return ExitCode::kDone;
  console.err << "batch " << id << " is " << left.state << ": " << progress_text(left);
  if (left.state == "running" && !left.problem.empty())
    console.err << "; `pawl batch continue " << id << "` tries again, `pawl batch abort " << id << "` ends it";
  else if (left.state == "running")
    console.err << "; `pawl batch continue " << id << "` goes on, and so does the next worker";
  if (left.state == "paused") console.err << "; `pawl batch continue " << id << "` lets it go on";
  console.err << '\n';
  return ExitCode::kFailed;
}

ExitCode watch_batch(std::int64_t batch, const Settings& settings, Console& console) {
  ProgressLine line(console, settings.output != OutputFormat::kTable);
  Batch seen = find_batch(address_of(settings), batch);
  watch_signals(console.err_is_terminal);
  for (;;) {
    line.show(seen);
    if (seen.ended() || wait_for_stop(kShownEvery)) break;
    await_postgres(settings, console, [&] { seen = find_batch(address_of(settings), batch); });
  }
  line.finish();
  if (!seen.ended()) {
    console.note() << "batch " << batch << " goes on without being watched: it is " << progress_text(seen) << '\n';
    return static_cast<ExitCode>(128 + stop_signal());
  }
  print_end(seen, outcomes_of(address_of(settings), batch), settings, console);
  return seen.state == "done" ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace pawl::bin
