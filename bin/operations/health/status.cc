// Decides what is wrong with a fleet.
#include "bin/operations/health/status.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <set>

#include "bin/operations/runs/fleet.h"
#include "engine/authoring/errors.h"
#include "engine/text/counted.h"
#include "storage/checkpoints/reader.h"
#include "storage/migrations/migrations.h"
#include "storage/postgres/connection.h"
#include "storage/schema/migrator.h"

namespace pawl::bin {

namespace {

using engine::counted;

constexpr double kLateAfter = 60;      // seconds: a living worker claims what is due at once
constexpr double kLongCallAfter = 60;  // a call that is out for longer is a problem, before that it is a note
constexpr std::size_t kMisfitsShown = 10;
constexpr std::chrono::seconds kFileWithin{2};

class Judge {
 public:
  Judge(const storage::Fleet& fleet, const std::optional<LocalStatus>& local) : fleet_(fleet), local_(local) {}

  Findings judge() {
    workers();
    backlog();
    steps();
    batches();
    failures();
    older_failures();
    mails_and_misfits();
    for (const std::string& problem : fleet_.problems)
      problem_found(problem, "events are not made, or people are not told, and no run fails over it",
                    "do what it says");
    std::ranges::stable_sort(found_, {}, &Finding::weight);
    return std::move(found_);
  }

 private:
  void problem_found(const std::string& what, const std::string& why, const std::string& advice) {
    found_.push_back({Finding::Weight::kProblem, what, why, advice});
  }
  void noted(const std::string& what, const std::string& why, const std::string& advice) {
    found_.push_back({Finding::Weight::kNote, what, why, advice});
  }

  static std::string name_of(const storage::FleetStore& store) {
    std::string name = "the worker on host " + store.host;
    if (!store.path.empty()) name.append(" with ").append(store.path);
    return name;
  }

  void workers() {
    if (!fleet_.any_lives())
      problem_found(
          "no worker lives", "nothing that waits is done, and every new event waits as well",
          "start one: `pawl worker`, or `systemctl start pawl` on the host that ran it; its log says why it ended");
    for (const storage::FleetStore& store : fleet_.stores) {
      if (store.state == "silent")
        problem_found(name_of(store) + " is silent since " + age_text(store.silent_seconds) + " and holds " +
                          counted(store.leased, "run"),
                      "its lease is over; its runs move on once another worker has taken them over",
                      fleet_.any_lives() ? "look at its host; it registers again by itself once it reaches Postgres"
                                         : "start a worker, there or on another host");
      if (store.state == "stopped" && store.leased > 0)
        noted(name_of(store) + " has stopped and keeps " + counted(store.leased, "run"),
              "what it keeps waits for it until its lease is over, then for any worker", "start it again, or wait");
    }
    std::set<std::string> versions;
    for (const storage::FleetStore& store : fleet_.stores)
      if (fleet_.lives(store)) versions.insert(store.version);
    if (versions.size() > 1) {
      std::string names;
      for (const std::string& version : versions) names += (names.empty() ? "" : ", ") + version;
      noted("workers of several versions live: " + names, "a run that one began may not fit another",
            "bring all to one version when the deploy is through");
    }
  }

  void backlog() {
    for (const storage::Backlog& backlog : fleet_.backlog) {
      const std::int64_t free = backlog.due + backlog.not_due;
      if (free == 0) continue;
      if (backlog.workflow.empty()) {
        noted("no workflow that is registered takes " + counted(free, "event") + " of type " + backlog.type,
              "nobody handles them",
              "`pawl migrate` with the build that handles the type registers its workflow; events of another consumer"
              " are its own affair");
        continue;
      }
      if (!fleet_.any_lives()) continue;
      if (!fleet_.runs(backlog.workflow))
        problem_found("no living worker runs " + backlog.workflow + ", which has " + counted(free, "run") + " to do",
                      "they wait until one does",
                      "start a worker with --workflows " + backlog.workflow + ", or remove it from pawl.workflows");
      else if (backlog.longest_due_seconds > kLateAfter)
        problem_found(counted(backlog.due, "run") + " of " + backlog.workflow + " due, the first for " +
                          age_text(backlog.longest_due_seconds),
                      "the workers do not keep up, or a run is only for one that does not live",
                      "`pawl waiting --workflow " + backlog.workflow +
                          "` says of each why; more workers help where they are busy");
    }
  }

  void steps() {
    for (const storage::PausedStep& step : fleet_.paused)
      problem_found("step " + step.step + " is paused on host " + step.host + " for " + age_text(step.seconds) + ": " +
                        step.reason,
                    "it holds up " + counted(step.held, "run") + "; no attempt is burned meanwhile",
                    "set the service behind it right; the next probe is " +
                        (step.next_probe_at.empty() ? std::string("out") : "at " + step.next_probe_at) +
                        ", and the rest follows by itself");
    for (const storage::LongCall& call : fleet_.calls) {
      const std::string what =
          "a call of step " + call.step + " on host " + call.host + " is out for " + age_text(call.seconds);
      const std::string why = "the service behind it is slow or hangs; it has " + counted(call.calls, "call") + " out";
      const std::string advice = "look at that service; after --hang-after the worker ends, and starts anew";
      if (call.seconds > kLongCallAfter)
        problem_found(what, why, advice);
      else
        noted(what, why, advice);
    }
  }

  void batches() {
    for (const storage::HeldBatch& batch : fleet_.batches) {
      const std::string id = std::to_string(batch.id);
      const std::string owes =
          "batch " + id + ", which owes " + batch.verb + " to " + counted(batch.owed, "run") + ", ";
      if (batch.state == "paused")
        noted(owes + "is paused", "they stay as they are until somebody lets it go on",
              "`pawl batch continue " + id + "`, or `pawl batch abort " + id + "`");
      else
        problem_found(owes + "fails at each step: " + batch.problem,
                      "each step is undone and made again every second, and none of its runs moves",
                      "do what it says; `pawl batch abort " + id + "` ends it, and the others stay as they are");
    }
  }

  void failures() {
    for (const storage::Failures& failed : fleet_.failures) {
      std::string what = counted(failed.last_day, "run") + (fleet_.more_failures ? " or more" : "") + " of " +
                         failed.workflow + " failed within a day, " + std::to_string(failed.last_hour) +
                         " within the last hour";
      if (!failed.step.empty()) what += ", at step " + failed.step;
      if (!failed.reason.empty()) what += ": " + failed.reason;
      problem_found(what, "each stays failed until somebody resumes or dismisses it",
                    "`pawl show " + failed.example +
                        "` tells of the latest; once the cause is gone: `pawl resume --failed "
                        "--since 1d`, which shows first what it would do");
    }
  }

  void older_failures() {
    if (fleet_.older_failed == 0) return;
    problem_found(
        counted(fleet_.older_failed, "run") + (fleet_.more_older_failed ? " or more" : "") +
            " failed more than a day ago, the first at " + fleet_.oldest_failed_at,
        "each stays failed until somebody resumes or dismisses it, and whoever waits for it waits on",
        "`pawl runs --fleet --status failed` lists them; then `pawl resume`, or `pawl dismiss` with a reason");
  }

  void mails_and_misfits() {
    if (fleet_.in_doubt.value_or(0) > 0)
      problem_found(counted(*fleet_.in_doubt, "mail") + " in doubt",
                    "each may have been sent or not; under the policy hold each waits for somebody",
                    "`pawl in-doubt` lists them; the relay's log knows; then `pawl in-doubt resolve`");
    for (Finding& finding : local_findings(local_)) found_.push_back(std::move(finding));
  }

  const storage::Fleet& fleet_;
  const std::optional<LocalStatus>& local_;
  Findings found_;
};

}  // namespace

bool any_problem(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& one) { return one.weight == Finding::Weight::kProblem; });
}

std::string age_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::max(seconds, 0.0));
  if (whole < 120) return std::to_string(whole) + " s";
  if (whole < 7200) return std::to_string(whole / 60) + " min";
  if (whole < 48 * 3600) return std::to_string(whole / 3600) + " h";
  return std::to_string(whole / 86400) + " days";
}

std::optional<LocalStatus> local_status(const std::string& checkpoints_path) {
  std::error_code hidden;  // from this user: the reader says so
  if (std::filesystem::status(checkpoints_path, hidden).type() == std::filesystem::file_type::not_found)
    return std::nullopt;
  const storage::CheckpointReader reader(checkpoints_path, kFileWithin);
  LocalStatus local{.path = checkpoints_path};
  const auto counts = reader.query(
      "select count(*), count(*) filter (where status = 'waiting'),"
      " count(*) filter (where reason glob 'does not fit this build: *') from runs where ended_at is null");
  local.unfinished = std::stoll(counts.rows[0][0].value_or("0"));
  local.backing_off = std::stoll(counts.rows[0][1].value_or("0"));
  local.misfit_count = std::stoll(counts.rows[0][2].value_or("0"));
  if (local.misfit_count == 0) return local;
  const auto misfits = reader.query(
      "select run_id, substr(reason, 26) from runs where ended_at is null and reason glob 'does not fit this build: *'"
      " order by run limit " +
      std::to_string(kMisfitsShown));
  for (const auto& row : misfits.rows) local.misfits.emplace_back(row[0].value_or(""), row[1].value_or(""));
  return local;
}

Findings local_findings(const std::optional<LocalStatus>& local) {
  Findings findings;
  if (!local || local->misfit_count == 0) return findings;
  const auto& [run, why] = local->misfits.front();
  findings.push_back(
      {Finding::Weight::kProblem,
       "the build does not fit " + counted(local->misfit_count, "run") + " in " + local->path + ", as run " + run +
           ": " + why,
       "each waits for a build that fits it",
       "`pawl replay " + run +
           "` shows what does not fit; run the build that began them, or one that keeps the names of its steps"});
  return findings;
}

Findings findings_of(const storage::Fleet& fleet, const std::optional<LocalStatus>& local) {
  return Judge(fleet, local).judge();
}

namespace {

// A file that this user may not read says nothing of how it is.
Finding unreadable_file(const std::string& path, const std::string& why) {
  const bool is_closed = access(path.c_str(), R_OK) != 0 && errno == EACCES;
  return {is_closed ? Finding::Weight::kNote : Finding::Weight::kProblem,
          "the checkpoint file could not be read: " + why,
          is_closed ? "this user may not; what its runs do is not known here"
                    : "its worker cannot go on with it, or its runs are not of this build",
          is_closed ? "ask as the worker's user" : "do what it says; `pawl doctor` looks at the file"};
}

}  // namespace

Status status_of(const std::string& conninfo, const std::string& checkpoints_path) {
  Status status;
  try {
    storage::PostgresConnection connection(with_short_answers(conninfo));
    storage::require_migrated(connection, {&storage::outbox_migrations()});
    status.fleet = storage::read_fleet(connection);
  } catch (const engine::Error& error) {  // the file alone is worth showing
    status.fleet_unknown = error.what();
  }
  try {
    status.local = local_status(checkpoints_path);
  } catch (const engine::Error& error) {  // Postgres alone is worth showing
    status.local_unknown = error.what();
  }
  if (!status.local_unknown.empty()) status.findings.push_back(unreadable_file(checkpoints_path, status.local_unknown));
  if (!status.fleet)
    status.findings.push_back({Finding::Weight::kProblem, "Postgres could not be asked: " + status.fleet_unknown,
                               "no event is taken, none is finished, and nobody knows how the workers are",
                               "do what it says; `pawl doctor` looks at the rest"});
  Findings found = status.fleet ? findings_of(*status.fleet, status.local) : local_findings(status.local);
  std::ranges::move(found, std::back_inserter(status.findings));
  std::ranges::stable_sort(status.findings, {}, &Finding::weight);
  return status;
}

}  // namespace pawl::bin
