// Renders replays.
#include "bin/output/replay_text.h"

#include <nlohmann/json.hpp>

#include "bin/output/terminal_text.h"
#include "bin/output/utc_text.h"

namespace pawl::bin {

using nlohmann::ordered_json;

namespace {

std::string name_of(const engine::StepKey& step) { return step.step + (step.key.empty() ? "" : " " + step.key); }

std::string end_of(const engine::ReplayReport& report) {
  if (!report.returned) return report.waiting.empty() && report.next.empty() ? "stopped" : "not ended";
  if (!report.cancelled.empty()) return report.cancelled;
  return report.failure.empty() ? "done" : "failed: " + report.failure;
}

void print_one(std::ostream& out, const Replayed& one) {
  const auto& [run, report] = one;
  out << "run " << run.event.id << "  " << run.event.workflow << "  recorded " << engine::to_string(run.status)
      << ", replayed " << end_of(report) << '\n';
  Table table{{"what", "step", "when", "attempt", "result"}, {}, 1};
  for (const auto& step : report.happened)
    table.rows.push_back({step.failed ? "failed" : "succeeded", name_of(step.step), utc_text(step.settled_at),
                          std::to_string(step.attempt), step.result});
  for (const auto& retry : report.waiting)
    table.rows.push_back(
        {"waits", name_of(retry.step), utc_text(retry.retry_at), std::to_string(retry.attempts + 1), retry.error});
  for (const auto& step : report.next) table.rows.push_back({"would run next", name_of(step), {}, {}, {}});
  print_table(out, table, OutputFormat::kTable);
  for (const auto& mismatch : report.mismatches) out << "mismatch: " << terminal_line(mismatch) << '\n';
  out << "nothing was executed\n\n";
}

ordered_json step_json(const engine::StepKey& step) { return {{"step", step.step}, {"key", step.key}}; }

ordered_json json_of(const Replayed& one) {
  const auto& [run, report] = one;
  ordered_json shown{
      {"run", run.event.id},           {"workflow", run.event.workflow},    {"recorded", engine::to_string(run.status)},
      {"replayed", end_of(report)},    {"happened", ordered_json::array()}, {"waiting", ordered_json::array()},
      {"next", ordered_json::array()}, {"mismatches", report.mismatches}};
  for (const auto& step : report.happened) {
    auto& entry = shown["happened"].emplace_back(step_json(step.step));
    entry["status"] = step.failed ? "failed" : "succeeded";
    entry["at"] = utc_text(step.settled_at);
    entry["attempt"] = step.attempt;
    entry["result"] = step.result;
  }
  for (const auto& retry : report.waiting) {
    auto& entry = shown["waiting"].emplace_back(step_json(retry.step));
    entry["attempts"] = retry.attempts;
    entry["retry_at"] = utc_text(retry.retry_at);
    entry["error"] = retry.error;
  }
  for (const auto& step : report.next) shown["next"].push_back(step_json(step));
  return shown;
}

}  // namespace

void print_replays(std::ostream& out, const std::vector<Replayed>& replayed, OutputFormat format) {
  if (format == OutputFormat::kJson) {
    auto all = ordered_json::array();
    for (const Replayed& one : replayed) all.push_back(json_of(one));
    return print_json(out, all);
  }
  for (const Replayed& one : replayed) {
    if (format == OutputFormat::kTable)
      print_one(out, one);
    else if (!one.report.mismatches.empty())
      out << one.run.event.id << '\n';
  }
}

}  // namespace pawl::bin
