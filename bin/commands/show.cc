// The story of one run: its event, its timeline, and what Postgres knows of its deliveries.
#include "bin/commands/show.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "bin/output/redact.h"
#include "bin/settings/command_error.h"
#include "bin/settings/run_ids.h"
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
Deliveries ask_deliveries(const std::string& conninfo, const std::string& event_id,
                          const redaction::OwnSecrets& secrets) {
  Deliveries deliveries;
  try {
    for (const auto& line : storage::deliveries_of(conninfo, event_id))
      deliveries.table.rows.push_back({line.channel, line.user_id, line.state, line.at, line.detail});
  } catch (const engine::Error& error) {
    deliveries.unavailable = redacted(error.what(), secrets);
  }
  return deliveries;
}

void print_text(std::ostream& out, const engine::StoredRun& run, const Table& timeline, const Deliveries& deliveries) {
  const Table head{{"run", run.event.id},
                   {{"workflow", run.workflow},
                    {"event", run.event.type},
                    {"about", run.event.aggregate_type + " " + run.event.aggregate_id},
                    {"payload", run.event.payload},
                    {"status", engine::to_string(run.status) + (run.reason.empty() ? "" : ": " + run.reason)}},
                   0};
  print_table(out, head, OutputFormat::kTable);
  out << "\ntimeline\n";
  print_table(out, timeline, OutputFormat::kTable);
  out << "\ndeliveries\n";
  if (deliveries.unavailable.empty())
    print_table(out, deliveries.table, OutputFormat::kTable);
  else
    out << "not known: Postgres could not be asked: " << deliveries.unavailable << '\n';
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

void print_document(std::ostream& out, const engine::StoredRun& run, const Table& timeline,
                    const Deliveries& deliveries) {
  nlohmann::ordered_json shown{{"run", run.event.id},
                               {"workflow", run.workflow},
                               {"status", engine::to_string(run.status)},
                               {"reason", run.reason},
                               {"event", {{"type", run.event.type}, {"aggregate_id", run.event.aggregate_id}}},
                               {"timeline", rows_json(timeline)}};
  shown["event"]["payload"] = payload_json(run.event.payload);
  if (deliveries.unavailable.empty())
    shown["deliveries"] = rows_json(deliveries.table);
  else
    shown["deliveries_unknown"] = deliveries.unavailable;
  print_json(out, shown);
}

class ShowVerb final : public Verb {
 public:
  explicit ShowVerb(CLI::App& command) {
    command.add_option("RUN", id_, "The run's id, its beginning or its end")->required();
  }

  ExitCode run(const Settings& settings, Console& console) override {
    const storage::CheckpointReader reader(checkpoints_path(settings.checkpoints));
    const std::string id = resolve_id(reader, expand_ids({id_}, console.in).front());
    const auto run = reader.run(id);
    if (!run) throw NotFoundError("run " + id + " has just been pruned from these checkpoints");
    if (settings.output == OutputFormat::kIds) {
      console.out << id << '\n';
      return ExitCode::kDone;
    }
    const Table timeline = timeline_table(reader.timeline(id));
    const Deliveries deliveries = ask_deliveries(settings.postgres, id, *console.secrets);
    const auto print = settings.output == OutputFormat::kJson ? print_document : print_text;
    print(console.out, *run, timeline, deliveries);
    return ExitCode::kDone;
  }

 private:
  std::string id_;
};

}  // namespace

std::unique_ptr<Verb> make_show(CLI::App& command) { return std::make_unique<ShowVerb>(command); }

}  // namespace pawl::bin
