// The story of one run: its event, its timeline, and what Postgres knows of its deliveries.
#include "bin/commands/inspect/show.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/commands/inspect/show_fleet.h"
#include "bin/operations/command_error.h"
#include "bin/operations/run_ids.h"
#include "bin/output/redact.h"
#include "engine/authoring/errors.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/event_admin.h"

namespace pawl::bin {

namespace {

constexpr int kDepthMax = 100;

Table timeline_table(const std::vector<storage::TimelineEntry>& entries) {
  Table table{{"at", "what", "step", "key", "attempt", "status", "detail"}, {}, 0};
  for (const auto& entry : entries)
    table.rows.push_back({entry.at, entry.what, entry.step, entry.key,
                          entry.attempt > 0 ? Table::Cell(std::to_string(entry.attempt)) : std::nullopt, entry.status,
                          entry.detail});
  return table;
}

struct Deliveries {
  Table table{{"channel", "user", "state", "at", "detail"}, {}, 1};
  std::string unavailable;  ///< Why Postgres could not be asked.
};

/// Postgres is asked once and not waited for: the checkpoints alone are worth showing.
Deliveries ask_deliveries(const std::string& conninfo, const std::string& run_id,
                          const redaction::OwnSecrets& secrets) {
  Deliveries deliveries;
  try {
    for (const auto& line : storage::deliveries_of(conninfo, run_id))
      deliveries.table.rows.push_back({line.channel, line.user_id, line.state, line.at, line.detail});
  } catch (const engine::Error& error) {
    deliveries.unavailable = redacted(error.what(), secrets);
  }
  return deliveries;
}

std::string sentence(const storage::KnownRun& run) {
  return "run " + run.run_id + (run.workflow.empty() ? "" : " of " + run.workflow) + " is " + run.status +
         (run.reason.empty() ? "" : ": " + run.reason);
}

/// The event's runs that no story tells. Whether Postgres answers is told with the deliveries.
std::vector<storage::KnownRun> others_of(const std::string& conninfo, const std::vector<engine::RunName>& shown) {
  std::vector<storage::KnownRun> others;
  if (!is_full_id(shown.front().event_id)) return others;
  try {
    others = storage::known_runs(conninfo, shown.front().event_id, "");
  } catch (const engine::Error&) {
    return others;
  }
  std::erase_if(others, [&](const storage::KnownRun& run) {
    return std::ranges::find(shown, run.run_id, &engine::RunName::run_id) != shown.end();
  });
  return others;
}

/// What is shown of one run.
struct Story {
  engine::StoredRun run;
  Table timeline;
  Deliveries deliveries;
};

void print_text(std::ostream& out, const Story& story) {
  const engine::StoredRun& run = story.run;
  const Table head{{"run", run.event.id},
                   {{"workflow", run.workflow},
                    {"event", run.event.type + " " + event_id(run.event)},
                    {"about", run.event.aggregate_type + " " + run.event.aggregate_id},
                    {"payload", run.event.payload},
                    {"status", engine::to_string(run.status) + (run.reason.empty() ? "" : ": " + run.reason)}},
                   0};
  print_table(out, head, OutputFormat::kTable);
  out << "\ntimeline\n";
  print_table(out, story.timeline, OutputFormat::kTable);
  out << "\ndeliveries\n";
  if (story.deliveries.unavailable.empty())
    print_table(out, story.deliveries.table, OutputFormat::kTable);
  else
    out << "not known: Postgres could not be asked: " << story.deliveries.unavailable << '\n';
}

nlohmann::ordered_json rows_json(const Table& table) {
  auto rows = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    auto& object = rows.emplace_back(nlohmann::ordered_json::object());
    for (std::size_t i = 0; i < row.size(); ++i)
      object[table.columns[i]] = row[i] ? nlohmann::ordered_json(*row[i]) : nlohmann::ordered_json();
  }
  return rows;
}

// The payload is what somebody else wrote: it may be no JSON at all, or too deep to be printed as such.
nlohmann::ordered_json payload_json(const std::string& payload) {
  bool too_deep = false;
  const auto bounded = [&too_deep](int depth, auto, auto&) { return !(too_deep = too_deep || depth > kDepthMax); };
  auto json = nlohmann::ordered_json::parse(payload, bounded, false);
  return json.is_discarded() || too_deep ? nlohmann::ordered_json(payload) : json;
}

nlohmann::ordered_json document_of(const Story& story) {
  const engine::StoredRun& run = story.run;
  nlohmann::ordered_json shown{
      {"run", run.event.id},
      {"workflow", run.workflow},
      {"status", engine::to_string(run.status)},
      {"reason", run.reason},
      {"event", {{"id", event_id(run.event)}, {"type", run.event.type}, {"aggregate_id", run.event.aggregate_id}}},
      {"timeline", rows_json(story.timeline)}};
  shown["event"]["payload"] = payload_json(run.event.payload);
  if (story.deliveries.unavailable.empty())
    shown["deliveries"] = rows_json(story.deliveries.table);
  else
    shown["deliveries_unknown"] = story.deliveries.unavailable;
  return shown;
}

// A document for one run, an array for several.
void print_documents(std::ostream& out, const std::vector<Story>& stories) {
  auto documents = nlohmann::ordered_json::array();
  for (const Story& story : stories) documents.push_back(document_of(story));
  print_json(out, stories.size() == 1 ? documents.front() : documents);
}

class ShowVerb final : public Verb {
 public:
  explicit ShowVerb(CLI::App& command) {
    command.add_option("RUN", id_, "The id of an event or a run, its beginning or its end, or EVENT/WORKFLOW")
        ->required();
  }

  ExitCode run(const Settings& settings, Console& console) override {
    RunSources sources(checkpoints_path(settings.checkpoints), settings.postgres);
    const GivenRuns given = expand_ids({id_}, console.in).front();
    const ResolvedRuns resolved = sources.resolve(given);
    const std::vector<engine::RunName>& names = resolved.runs;
    if (resolved.in_fleet) {
      show_from_fleet(sources, names, settings.postgres, settings.output, console);
      return ExitCode::kDone;
    }
    const storage::CheckpointReader& reader = *sources.checkpoints();
    if (const auto warning = nobody_works_warning(reader, sources.path())) console.err << "pawl: " << *warning << '\n';
    std::vector<Story> stories;
    for (const engine::RunName& name : names) {
      auto run = reader.run(name.run_id);
      if (!run) throw NotFoundError("run " + name.run_id + " has just been pruned from these checkpoints");
      if (settings.output == OutputFormat::kIds)
        console.out << name.run_id << '\n';
      else
        stories.push_back({std::move(*run), timeline_table(reader.timeline(name.run_id)),
                           ask_deliveries(settings.postgres, name.run_id, *console.secrets)});
    }
    if (settings.output == OutputFormat::kJson) {
      print_documents(console.out, stories);
      return ExitCode::kDone;
    }
    for (std::size_t i = 0; i < stories.size(); ++i) {
      if (i > 0) console.out << '\n';
      print_text(console.out, stories[i]);
    }
    if (settings.output == OutputFormat::kTable && given.workflow.empty())
      for (const storage::KnownRun& other : others_of(settings.postgres, names))
        console.out << "\nnot in these checkpoints, but in Postgres: " << redacted(sentence(other), *console.secrets)
                    << '\n';
    return ExitCode::kDone;
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Verb> make_show(CLI::App& command) { return std::make_unique<ShowVerb>(command); }

}  // namespace pawl::bin
