// Joins two partial answers.
#include "bin/operations/runs/waiting.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bin/operations/runs/query_text.h"
#include "storage/postgres/text/sql_text.h"

namespace pawl::bin {

namespace {

std::vector<std::string> ids_of(const WaitingQuestion& question) {
  std::vector<std::string> ids;
  for (const engine::RunName& run : question.runs) ids.push_back(run.run_id);
  return ids;
}

std::string select_here(const WaitingQuestion& question) {
  QueryText query(
      "w.run_id, r.event_id, w.workflow, w.why, w.reason, coalesce(w.step, ''), coalesce(w.key, ''), w.attempts,"
      " coalesce(w.last_error, ''), coalesce(w.next_at, ''), w.since, coalesce(w.gives_up_at, '')",
      "v1_waiting w join v1_runs r using (run_id)");
  query.one_of("w.run_id", ids_of(question)).equals("w.workflow", question.workflow).equals("w.step", question.step);
  return query.text("order by r.number limit " + std::to_string(question.limit));
}

bool knows_more(const Waiting& fleet) { return fleet.state != "leased"; }

}  // namespace

std::vector<Waiting> waiting_here(const storage::CheckpointReader& reader, const WaitingQuestion& question,
                                  const PolicyOf& policy_of) {
  std::vector<Waiting> all;
  for (const auto& row : reader.query(select_here(question)).rows) {
    const auto text = [&](std::size_t column) { return row[column].value_or(""); };
    Waiting one{.run_id = text(0), .event_id = text(1), .workflow = text(2), .state = text(3), .reason = text(4)};
    if (one.state == "circuit") one.state = "paused";
    one.step = text(5);
    one.key = text(6);
    if (row[7]) one.attempts = std::stoi(*row[7]);
    if (one.state == "backoff" && one.reason.empty()) one.reason = text(8);
    one.next_at = text(9);
    one.since = text(10);
    one.gives_up_at = text(11);
    one.source = "checkpoints";
    const auto policy = one.attempts ? policy_of(one.workflow, one.step) : std::nullopt;
    if (policy && policy->max_attempts > 0) one.attempts_max = policy->max_attempts;
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<Waiting> waiting_in_fleet(storage::PostgresConnection& connection, const WaitingQuestion& question) {
  const storage::WaitingFilter filter{
      .runs = ids_of(question), .workflow = question.workflow, .step = question.step, .limit = question.limit};
  std::vector<Waiting> all;
  for (storage::WaitingRun& run : storage::read_waiting(connection, filter)) {
    Waiting one{.run_id = std::move(run.run_id), .event_id = std::move(run.event_id)};
    one.workflow = std::move(run.workflow);
    one.state = std::move(run.state);
    one.reason = std::move(run.reason);
    one.step = std::move(run.step);
    one.since = std::move(run.since);
    one.next_at = std::move(run.until);
    one.host = std::move(run.host);
    one.source = "postgres";
    all.push_back(std::move(one));
  }
  return all;
}

namespace {

// Better is what the checkpoints know of a run that a living worker has; of one that moves they know nothing more, and
// since when a step is paused, and when it is probed next, its worker tells the fleet alone.
Waiting better_of(const Waiting& fleet, Waiting here) {
  if (here.state == "paused" && here.step == fleet.step) {
    here.since = fleet.since;
    here.next_at = fleet.next_at;
  }
  here.host = fleet.host;
  if (here.state == "moving" && here.reason.empty()) here.reason = fleet.reason;
  if (here.state == "moving" && here.step.empty()) here.step = fleet.step;
  return here;
}

std::vector<Waiting> joined(const std::vector<Waiting>& here, std::vector<Waiting> fleet) {
  std::map<std::string, const Waiting*> known;
  for (const Waiting& one : here) known[one.run_id] = &one;
  for (Waiting& one : fleet) {
    const auto found = known.find(one.run_id);
    if (found != known.end() && !knows_more(one)) one = better_of(one, *found->second);
  }
  return fleet;
}

void add_names(std::vector<engine::RunName>& names, const std::vector<Waiting>& waiting) {
  std::set<std::string> known;
  for (const engine::RunName& name : names) known.insert(name.run_id);
  for (const Waiting& one : waiting)
    if (known.insert(one.run_id).second) names.push_back({one.run_id, one.event_id, one.workflow});
}

}  // namespace

std::vector<Waiting> waiting_of(const storage::CheckpointReader* reader, storage::PostgresConnection* connection,
                                const WaitingQuestion& question, const PolicyOf& policy_of) {
  if (!connection) return reader ? waiting_here(*reader, question, policy_of) : std::vector<Waiting>{};
  std::vector<Waiting> fleet = waiting_in_fleet(*connection, question);
  if (!reader) return fleet;
  WaitingQuestion these{.runs = {}, .limit = question.limit};
  add_names(these.runs, fleet);
  if (!question.step.empty()) {  // most of what waits for a step only the checkpoints know
    add_names(these.runs, waiting_here(*reader, question, policy_of));
    these.limit = these.runs.size();
    if (!these.runs.empty()) fleet = waiting_in_fleet(*connection, these);
  }
  if (these.runs.empty()) return {};
  these.limit = these.runs.size();
  std::vector<Waiting> all = joined(waiting_here(*reader, these, policy_of), std::move(fleet));
  if (!question.step.empty()) std::erase_if(all, [&](const Waiting& one) { return one.step != question.step; });
  return all;
}

}  // namespace pawl::bin
