// Tells a run's story without its checkpoints.
#include "bin/commands/inspect/show_fleet.h"

#include <nlohmann/json.hpp>

#include "bin/operations/runs/command_error.h"
#include "bin/output/json_value.h"
#include "storage/outbox/fleet/runs.h"
#include "storage/outbox/operators/run_history.h"

namespace pawl::bin {

namespace {

using Json = nlohmann::ordered_json;

struct FleetStory {
  storage::FleetRun run;
  std::vector<storage::WaitingRun> waiting;  ///< At most one.
  storage::RunHistory history;
};

std::string where(const storage::FleetRun& run) {
  if (run.host.empty()) return run.store;
  return run.path + " on host " + run.host;
}

Table deliveries_table(const FleetStory& story) {
  Table table{{"channel", "user", "address", "state", "at", "detail"}, {}, 1};
  for (const storage::Delivery& line : story.history.deliveries)
    table.rows.push_back({line.channel, line.user_id, line.address, line.state, line.at, line.detail});
  return table;
}

void print_text(std::ostream& out, const FleetStory& story) {
  const storage::FleetRun& run = story.run;
  Table head{{"run", run.run_id},
             {{"workflow", run.workflow},
              {"event", run.type + " " + run.event_id},
              {"about", run.aggregate_type + " " + run.aggregate_id},
              {"payload", run.payload},
              {"status", run.status + (run.reason.empty() ? "" : ": " + run.reason)},
              {"emitted", run.created_at}},
             0};
  if (!run.finished_at.empty()) head.rows.push_back({"finished", run.finished_at});
  for (const storage::WaitingRun& waiting : story.waiting) {
    head.rows.push_back({"waits", waiting.state + ": " + waiting.reason});
    head.rows.push_back({"since", waiting.since});
    if (!waiting.until.empty()) head.rows.push_back({"until", waiting.until});
  }
  if (!run.store.empty()) head.rows.push_back({"checkpoints", where(run)});
  for (const storage::HistoryEntry& entry : story.history.entries) {
    std::string text = entry.at + " " + entry.status;
    for (const std::string& more : {entry.by, entry.detail})
      if (!more.empty()) text.append("; ").append(more);
    head.rows.push_back({entry.what, text});
  }
  print_table(out, head, OutputFormat::kTable);
  out << "\ndeliveries\n";
  print_table(out, deliveries_table(story), OutputFormat::kTable);
}

Json document_of(const FleetStory& story) {
  const storage::FleetRun& run = story.run;
  Json payload = Json::parse(run.payload, nullptr, false);
  Json document{{"run", run.run_id},
                {"source", "postgres"},
                {"workflow", text_or_null(run.workflow)},
                {"status", run.status},
                {"reason", run.reason},
                {"event", {{"id", run.event_id}, {"type", run.type}, {"aggregate_id", run.aggregate_id}}},
                {"emitted_at", text_or_null(run.created_at)},
                {"finished_at", text_or_null(run.finished_at)},
                {"deliveries_count", run.deliveries},
                {"resumes", run.resumes},
                {"store", text_or_null(run.store)},
                {"host", text_or_null(run.host)},
                {"checkpoints", text_or_null(run.path)}};
  document["event"]["payload"] = payload.is_discarded() ? Json(run.payload) : payload;
  document["waiting"] = Json();
  for (const storage::WaitingRun& waiting : story.waiting)
    document["waiting"] = {{"state", waiting.state},
                           {"reason", waiting.reason},
                           {"since", text_or_null(waiting.since)},
                           {"until", text_or_null(waiting.until)},
                           {"step", text_or_null(waiting.step)}};
  document["history"] = Json::array();
  for (const storage::HistoryEntry& entry : story.history.entries)
    document["history"].push_back({{"at", entry.at},
                                   {"what", entry.what},
                                   {"status", text_or_null(entry.status)},
                                   {"by", text_or_null(entry.by)},
                                   {"detail", text_or_null(entry.detail)}});
  document["deliveries"] = Json::array();
  for (const storage::Delivery& line : story.history.deliveries)
    document["deliveries"].push_back({{"channel", line.channel},
                                      {"user", line.user_id},
                                      {"address", text_or_null(line.address)},
                                      {"state", line.state},
                                      {"at", text_or_null(line.at)},
                                      {"detail", text_or_null(line.detail)}});
  return document;
}

}  // namespace

void show_from_fleet(RunSources& sources, const std::vector<engine::RunName>& runs,
                     const storage::PostgresAddress& address, OutputFormat format, Console& console) {
  storage::PostgresConnection& postgres = *sources.postgres();  // which has just resolved them
  console.err << "pawl: from Postgres: the steps are in the checkpoints of the worker that ran it, and not in "
              << sources.path() << '\n';
  std::vector<FleetStory> stories;
  for (const engine::RunName& name : runs) {
    auto run = storage::read_fleet_run(postgres, name.run_id);
    if (!run) throw NotFoundError("run " + name.run_id + " has just been pruned from Postgres");
    stories.push_back({std::move(*run), storage::read_waiting(postgres, {.runs = {name.run_id}, .limit = 1}),
                       storage::history_of(address, name.run_id)});
  }
  if (format == OutputFormat::kJson) {
    Json documents = Json::array();
    for (const FleetStory& story : stories) documents.push_back(document_of(story));
    return print_json(console.out, stories.size() == 1 ? documents.front() : documents);
  }
  for (std::size_t i = 0; i < stories.size(); ++i) {
    if (format == OutputFormat::kIds) {
      console.out << stories[i].run.run_id << '\n';
      continue;
    }
    if (i > 0) console.out << '\n';
    print_text(console.out, stories[i]);
  }
}

}  // namespace pawl::bin
