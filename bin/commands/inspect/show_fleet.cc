// Tells a run's story without its checkpoints.
#include "bin/commands/inspect/show_fleet.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "bin/operations/changes/batches.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/timeline.h"
#include "bin/output/json_value.h"
#include "bin/output/story_text.h"
#include "bin/output/terminal_table.h"
#include "bin/output/waiting_text.h"
#include "storage/outbox/fleet/runs.h"
#include "storage/outbox/operators/run_history.h"

namespace pawl::bin {

namespace {

using Json = nlohmann::ordered_json;

struct FleetStory {
  storage::FleetRun run;
  std::vector<Waiting> waiting;  ///< At most one.
  storage::RunHistory history;
  std::string owed;
};

std::string where(const storage::FleetRun& run) {
  if (run.host.empty()) return run.store;
  return run.path + " on host " + run.host;
}

void print_text(Console& console, const FleetStory& story) {
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
  for (const Waiting& waiting : story.waiting) std::ranges::move(waiting_rows(waiting), std::back_inserter(head.rows));
  if (!story.owed.empty()) head.rows.push_back({"batch", story.owed});
  if (!run.store.empty()) head.rows.push_back({"checkpoints", where(run)});
  print_for_people(console, head);
  console.out << "\ntimeline\n";
  print_for_people(console, timeline_table(lines_of(story.history), story.history));
  console.out << "\ndeliveries\n";
  print_for_people(console, deliveries_table(story.history));
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
  document["waiting"] = story.waiting.empty() ? Json() : waiting_document(story.waiting.front());
  document["batch"] = text_or_null(story.owed);
  document["history"] = Json::array();
  for (const storage::HistoryEntry& entry : story.history.entries)
    document["history"].push_back({{"at", entry.at},
                                   {"what", entry.what},
                                   {"status", text_or_null(entry.status)},
                                   {"by", text_or_null(entry.by)},
                                   {"detail", text_or_null(entry.detail)}});
  document["deliveries"] = deliveries_document(story.history);
  return document;
}

}  // namespace

void show_from_fleet(RunSources& sources, const std::vector<engine::RunName>& runs,
                     const storage::PostgresAddress& address, OutputFormat format, Console& console) {
  storage::PostgresConnection& postgres = *sources.postgres();  // which has just resolved them
  console.note() << "from Postgres: the steps are in the checkpoints of the worker that ran it, and not in "
                 << sources.path() << '\n';
  std::vector<FleetStory> stories;
  for (const engine::RunName& name : runs) {
    auto run = storage::read_fleet_run(postgres, name.run_id);
    if (!run) throw NotFoundError("run " + name.run_id + " has just been pruned from Postgres");
    FleetStory story{std::move(*run), waiting_in_fleet(postgres, {.runs = {name}}),
                     storage::history_of(address, name.run_id), ""};
    if (story.run.status == "failed") story.owed = owed_if_known(address, name.run_id);
    stories.push_back(std::move(story));
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
    print_text(console, stories[i]);
  }
}

}  // namespace pawl::bin
