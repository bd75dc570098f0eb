// Drives the runner.
#include "bin/worker/loop.h"

#include <unistd.h>

#include <algorithm>
#include <optional>

#include "bin/output/redact.h"
#include "bin/worker/retry_start.h"
#include "bin/worker/signals.h"
#include "storage/postgres/advice.h"
#include "storage/schema/migrator.h"

namespace pawl::bin {

using engine::Duration;

namespace {

constexpr Duration kTurn = std::chrono::milliseconds{100};
constexpr Duration kLookAround = std::chrono::milliseconds{250};
constexpr Duration kFirstReopen = std::chrono::seconds{1};
constexpr Duration kInterrupted = std::chrono::seconds{5};
constexpr Duration kLongestReopen = std::chrono::seconds{30};

}  // namespace

ExitCode WorkerLoop::run() {
  started_ = world_.clock.now();
  for (Duration wait = kFirstReopen;; wait = std::min(wait * 2, kLongestReopen)) {
    const engine::Timestamp opened = world_.clock.now();
    const Ended ended = run_session();
    if (ended == Ended::kDrainTimedOut) return ExitCode::kFailed;
    if (ended != Ended::kLeaseLost) return ExitCode::kDone;
    if (world_.clock.now() - opened > kLongestReopen) wait = kFirstReopen;
    if (draining_ || wait_before_next_try(wait)) return ExitCode::kDone;
  }
}

WorkerLoop::Ended WorkerLoop::run_session() {
  board_.starting("");
  WorkerSession session(world_);
  std::optional<Ended> ended;
  try {
    ended = live(session);
  } catch (...) {  // rethrown: its calls end first, however it ended
    stop(session.runner());
    throw;
  }
  stop(session.runner());
  return *ended;
}

WorkerLoop::Ended WorkerLoop::live(WorkerSession& session) {
  try {
    if (!open(session)) return Ended::kStoppedBeforeStart;
    log_.line(LogLevel::kInfo, "worker registered");
    service_.ready();
    return drive(session);
  } catch (const engine::LeaseLostError& error) {
    log_.line(LogLevel::kWarn, "lease lost: registering again under a new epoch", {{"error", error.what()}});
    board_.turned(session.runner().status());
    board_.measured(session.runner().measures(), session.outbox().gauges());
    board_.starting(error.what());
    return Ended::kLeaseLost;
  }
}

bool WorkerLoop::open(WorkerSession& session) {
  const Patience patience{
      .give_up_after = options_.until_idle ? std::optional(world_.settings.connect_timeout) : std::nullopt,
      .wait = [this](Duration at_most) { return wait_before_next_try(at_most); },
      .failed =
          [this](const std::string& error, Duration) {
            board_.starting(error);
            service_.status("cannot register yet, trying again: " + redacted(error, *console_.secrets));
            log_.line(LogLevel::kWarn, "cannot register yet, trying again", {{"error", error}});
          },
  };
  return retry_start(world_.clock, patience, [&] {
    storage::PostgresConnection& connection = session.outbox().connection_before_open();
    storage::require_migrated(connection, world_.workflows.migrations());
    storage::require_workflows(connection, world_.workflows.workflow_names());
    if (const auto warning = registered_before_ ? std::nullopt : storage::encoding_warning(connection))
      log_.line(LogLevel::kWarn, *warning);
    check_access(session);
    session.runner().open();
    registered_before_ = true;
  });
}

// A worker that waits for its database is no worker that hangs.
bool WorkerLoop::wait_before_next_try(Duration at_most) {
  service_.alive(ServiceManager::Clock::now());
  reload_if_asked();
  return wait_for_stop(at_most);
}

void WorkerLoop::reload_if_asked() try {
  if (!take_reload_request()) return;
  options_.reload();
  log_.line(LogLevel::kInfo, "reloaded: the log file is open anew, passwords that files hold now are masked");
} catch (const engine::RefusedError& error) {
  log_.line(LogLevel::kError, "not reloaded", {{"error", error.what()}});
}

// What the database denies before anything was claimed is a mistake of whoever starts the worker. Denied later, it is
// an outage like any other: the worker waits for whoever takes that back.
void WorkerLoop::check_access(WorkerSession& session) const {
  try {
    session.outbox().check_access();
    world_.workflows.check_access();
  } catch (const engine::RefusedError& error) {
    if (registered_before_) throw engine::UnavailableError(error.what());
    throw;
  }
}

WorkerLoop::Ended WorkerLoop::drive(WorkerSession& session) {
  engine::Runner& runner = session.runner();
  Progress progress(console_.unfiltered(), started_);
  while (!(draining_ && runner.drained())) {
    turn(runner);
    board_.turned(runner.status());
    look_around(session);
    service_.alive(ServiceManager::Clock::now());
    reload_if_asked();
    if (options_.show_progress) progress.show(board_.read().runner, world_.clock.now());
    if (!draining_ && stop_requested()) begin_drain("asked to stop");
    if (!draining_ && options_.until_idle && runner.idle()) begin_drain("nothing is left to do");
    if (draining_) runner.drain();
    if (draining_ && world_.clock.now() - drain_started_ > world_.settings.drain_timeout) {
      log_.line(LogLevel::kWarn, "not drained in time: the rest goes on at the next start");
      return Ended::kDrainTimedOut;
    }
  }
  board_.measured(runner.measures(), session.outbox().gauges());
  if (options_.show_progress) progress.finish();
  log_.line(LogLevel::kInfo, "drained");
  if (options_.until_idle)
    console_.out << summary_text(board_.read().runner, world_.clock.now() - started_) << std::endl;
  return Ended::kDrained;
}

// Not at every turn: under load the engine turns thousands of times a second.
void WorkerLoop::look_around(WorkerSession& session) {
  const engine::Timestamp now = world_.clock.now();
  if (now >= looked_around_ && now - looked_around_ < kLookAround) return;
  looked_around_ = now;
  board_.measured(session.runner().measures(), session.outbox().gauges());
  watch(session.outbox());
}

void WorkerLoop::warn_once(std::string& logged, std::string problem, const char* message) {
  if (problem != logged && !problem.empty()) log_.line(LogLevel::kWarn, message, {{"error", problem}});
  logged = std::move(problem);
}

// Nothing fails over these, so that they would be noticed by nobody.
void WorkerLoop::watch(storage::PostgresOutbox& outbox) {
  warn_once(archive_problem_, outbox.archive_problem(), "the archive's coming partitions cannot be created yet");
  warn_once(batch_problem_, outbox.batch_problem(), "batches cannot be worked on yet");
  warn_once(gauges_problem_, outbox.gauges_problem(), "the backlog cannot be counted for the metrics yet");
  report_pruned(outbox);
  report_takeovers(outbox);
  std::vector<std::string> problems = outbox.application_problems();
  if (problems == application_problems_) return;
  for (const std::string& problem : problems)
    log_.line(LogLevel::kWarn, "events may not be made, or people not told", {{"error", problem}});
  if (problems.empty()) log_.line(LogLevel::kInfo, "events are made and people told again");
  application_problems_ = problems;
  board_.application(std::move(problems));
}

void WorkerLoop::report_takeovers(storage::PostgresOutbox& outbox) {
  for (const storage::Takeover& takeover : outbox.take_takeovers())
    log_.line(LogLevel::kInfo, "set free what a worker that is gone had",
              {{"runs", std::to_string(takeover.runs)},
               {"epoch", std::to_string(takeover.epoch)},
               {"host", takeover.host},
               {"store", takeover.store}});
}

void WorkerLoop::report_pruned(storage::PostgresOutbox& outbox) {
  warn_once(prune_problem_, outbox.prune_problem(), "what is older than archive-retention cannot be removed yet");
  for (const auto& [what, count] : outbox.take_pruned())
    log_.line(LogLevel::kInfo, "removed what is older than archive-retention",
              {{"what", what}, {"count", std::to_string(count)}});
}

// The thread of a call that hangs can be neither stopped nor joined: nothing may be destroyed, the process just ends.
void WorkerLoop::end_at_once(const engine::HungError& error) {
  log_.line(LogLevel::kError, "a call hangs: ending at once, for the supervisor to start again",
            {{"error", error.what()}});
  _exit(static_cast<int>(ExitCode::kFailed));
}

void WorkerLoop::turn(engine::Runner& runner) try { runner.turn(kTurn); } catch (const engine::HungError& error) {
  end_at_once(error);
}

// Calls that can be interrupted end at once. Whoever asks for the end, before this or meanwhile, waits for the others
// as long as for the drain, and has the process end then, as when one hangs.
void WorkerLoop::stop(engine::Runner& runner) try {
  const engine::Timestamp since = world_.clock.now();
  runner.stop([&] {
    service_.alive(ServiceManager::Clock::now());
    if (!draining_ && stop_requested()) begin_drain("asked to stop");
    return draining_ &&
           world_.clock.now() - std::max(drain_started_ + world_.settings.drain_timeout, since) > kInterrupted;
  });
} catch (const engine::HungError& error) {
  end_at_once(error);
}

void WorkerLoop::begin_drain(const char* why) {
  draining_ = true;
  drain_started_ = world_.clock.now();
  board_.draining();
  service_.stopping();
  log_.line(LogLevel::kInfo, "draining", {{"reason", why}});
}

}  // namespace pawl::bin
