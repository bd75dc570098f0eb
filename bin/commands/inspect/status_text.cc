// Lays a status out.
#include "bin/commands/inspect/status_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/output/json_value.h"
#include "bin/output/redact.h"
#include "bin/output/table.h"
#include "bin/output/terminal_text.h"
#include "engine/text/counted.h"

namespace pawl::bin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRowsShown = 20;  // of each kind: it is one screen

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Cuts off what does not fit on the screen, and says so.
void print_section(std::ostream& out, const std::string& heading, Table table) {
  if (table.rows.empty()) return;
  const std::size_t all = table.rows.size();
  table.rows.resize(std::min(all, kRowsShown));
  out << '\n' << heading << '\n';
  print_table(out, table, OutputFormat::kTable);
  if (all > kRowsShown) out << "and " << all - kRowsShown << " more; -o json has all\n";
}

Table workers_table(const storage::Fleet& fleet) {
  Table table{{"state", "host", "pid", "version", "leased", "seen", "checkpoints", "workflows"}, {}, 0};
  for (const storage::FleetStore& store : fleet.stores)
    table.rows.push_back({store.state, store.host, store.pid ? Table::Cell(std::to_string(*store.pid)) : std::nullopt,
                          store.version, std::to_string(store.leased), age_text(store.silent_seconds) + " ago",
                          store.path, joined(store.workflows)});
  return table;
}

Table backlog_table(const storage::Fleet& fleet) {
  Table table{{"workflow", "event type", "due", "later", "leased", "oldest", "longest due"}, {}, 0};
  for (const storage::Backlog& backlog : fleet.backlog)
    table.rows.push_back({backlog.workflow.empty() ? "(none)" : backlog.workflow, backlog.type,
                          std::to_string(backlog.due), std::to_string(backlog.not_due), std::to_string(backlog.leased),
                          backlog.oldest_at.empty() ? "" : age_text(backlog.oldest_seconds),
                          backlog.due == 0 ? "" : age_text(backlog.longest_due_seconds)});
  return table;
}

Table failures_table(const storage::Fleet& fleet) {
  Table table{{"last hour", "last day", "workflow", "step", "latest run", "reason"}, {}, 0};
  for (const storage::Failures& failed : fleet.failures)
    table.rows.push_back({std::to_string(failed.last_hour), std::to_string(failed.last_day), failed.workflow,
                          failed.step, failed.example, failed.reason});
  return table;
}

Table steps_table(const storage::Fleet& fleet) {
  Table table{{"step", "host", "state", "for", "next probe", "runs", "reason"}, {}, 0};
  for (const storage::PausedStep& step : fleet.paused)
    table.rows.push_back({step.step, step.host, "paused", age_text(step.seconds), step.next_probe_at,
                          std::to_string(step.held), step.reason});
  for (const storage::LongCall& call : fleet.calls)
    table.rows.push_back({call.step, call.host, "in flight", age_text(call.seconds), "", "",
                          engine::counted(call.calls, "call") + " out"});
  return table;
}

Json fleet_json(const storage::Fleet& fleet) {
  Json document{{"at", fleet.at}};
  document["workers"] = Json::array();
  for (const storage::FleetStore& store : fleet.stores)
    document["workers"].push_back({{"state", store.state},
                                   {"host", store.host},
                                   {"pid", number_or_null(store.pid)},
                                   {"version", store.version},
                                   {"checkpoints", text_or_null(store.path)},
                                   {"store", store.store},
                                   {"epoch", number_or_null(store.epoch)},
                                   {"workflows", store.workflows},
                                   {"leased", store.leased},
                                   {"last_seen_at", store.last_seen_at},
                                   {"seen_seconds_ago", store.silent_seconds}});
  document["backlog"] = Json::array();
  for (const storage::Backlog& backlog : fleet.backlog)
    document["backlog"].push_back({{"workflow", text_or_null(backlog.workflow)},
                                   {"type", backlog.type},
                                   {"due", backlog.due},
                                   {"not_due", backlog.not_due},
                                   {"leased", backlog.leased},
                                   {"oldest_at", text_or_null(backlog.oldest_at)},
                                   {"oldest_seconds", backlog.oldest_seconds},
                                   {"longest_due_seconds", backlog.longest_due_seconds}});
  document["oldest_run"] = text_or_null(fleet.oldest_run);
  document["failures"] = Json::array();
  for (const storage::Failures& failed : fleet.failures)
    document["failures"].push_back({{"workflow", failed.workflow},
                                    {"step", text_or_null(failed.step)},
                                    {"reason", failed.reason},
                                    {"last_hour", failed.last_hour},
                                    {"last_day", failed.last_day},
                                    {"last_at", failed.last_at},
                                    {"example", failed.example}});
  document["more_failures"] = fleet.more_failures;
  document["paused_steps"] = Json::array();
  for (const storage::PausedStep& step : fleet.paused)
    document["paused_steps"].push_back({{"step", step.step},
                                        {"host", step.host},
                                        {"reason", step.reason},
                                        {"since", step.since},
                                        {"seconds", step.seconds},
                                        {"next_probe_at", text_or_null(step.next_probe_at)},
                                        {"held", step.held}});
  document["long_calls"] = Json::array();
  for (const storage::LongCall& call : fleet.calls)
    document["long_calls"].push_back({{"step", call.step},
                                      {"host", call.host},
                                      {"since", call.since},
                                      {"seconds", call.seconds},
                                      {"calls", call.calls}});
  document["batches"] = Json::array();
  for (const storage::HeldBatch& batch : fleet.batches)
    document["batches"].push_back({{"batch", batch.id},
                                   {"verb", batch.verb},
                                   {"state", batch.state},
                                   {"owed", batch.owed},
                                   {"problem", text_or_null(batch.problem)}});
  document["older_failed"] = fleet.older_failed;
  document["oldest_failed_at"] = text_or_null(fleet.oldest_failed_at);
  document["in_doubt"] = number_or_null(fleet.in_doubt);
  return document;
}

Json local_json(const LocalStatus& local) {
  Json document{{"checkpoints", local.path},
                {"unfinished", local.unfinished},
                {"waiting", local.backing_off},
                {"misfits", local.misfit_count}};
  document["misfit_runs"] = Json::array();
  for (const auto& [run, why] : local.misfits) document["misfit_runs"].push_back({{"run", run}, {"why", why}});
  return document;
}

}  // namespace

void print_findings(std::ostream& out, const Findings& findings, const redaction::OwnSecrets& secrets) {
  if (!any_problem(findings)) out << "nothing is wrong\n";
  for (const Finding& finding : findings) {
    const auto line = [&](const char* heading, const std::string& text) {  // a relay's words may have several
      if (!text.empty()) out << heading << terminal_line(redacted(text, secrets)) << '\n';
    };
    line(finding.weight == Finding::Weight::kProblem ? "problem: " : "note: ", finding.what);
    line("    why it matters: ", finding.why);
    line("    what to do: ", finding.advice);
  }
}

namespace {

void print_fleet(std::ostream& out, const storage::Fleet& fleet) {
  print_section(out, "workers", workers_table(fleet));
  print_section(out, "unfinished runs", backlog_table(fleet));
  if (!fleet.oldest_run.empty()) out << "the oldest is " << fleet.oldest_run << '\n';
  print_section(out, "failed runs of the last day", failures_table(fleet));
  print_section(out, "steps that do not move", steps_table(fleet));
  if (fleet.in_doubt) out << "\nmails in doubt: " << *fleet.in_doubt << '\n';
}

}  // namespace

void print_status(std::ostream& out, const Status& status, const redaction::OwnSecrets& secrets) {
  print_findings(out, status.findings, secrets);
  if (status.fleet) print_fleet(out, *status.fleet);
  if (status.local)
    out << "\n"
        << status.local->path << ": " << status.local->unfinished << " unfinished runs, of which "
        << status.local->backing_off << " wait and " << status.local->misfit_count << " do not fit the build\n";
  else if (!status.local_unknown.empty())
    out << "\nthe checkpoint file of this host adds nothing: " << redacted(status.local_unknown, secrets) << '\n';
}

Json findings_json(const Findings& findings, const redaction::OwnSecrets& secrets) {
  Json array = Json::array();
  for (const Finding& finding : findings)
    array.push_back({{"weight", finding.weight == Finding::Weight::kProblem ? "problem" : "note"},
                     {"what", redacted(finding.what, secrets)},
                     {"why", redacted(finding.why, secrets)},
                     {"advice", redacted(finding.advice, secrets)}});
  return array;
}

Json status_json(const Status& status, const redaction::OwnSecrets& secrets) {
  Json document{{"ok", !any_problem(status.findings)}};
  document["findings"] = findings_json(status.findings, secrets);
  if (status.fleet)
    document.update(fleet_json(*status.fleet));
  else
    document["fleet_unknown"] = redacted(status.fleet_unknown, secrets);
  document["local"] = status.local ? local_json(*status.local) : Json();
  if (!status.local_unknown.empty()) document["local_unknown"] = redacted(status.local_unknown, secrets);
  return document;
}

}  // namespace pawl::bin
