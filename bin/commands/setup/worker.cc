// Sets a worker up: log, checkpoint file, mailer, HTTP side; then lets it live.
#include "bin/commands/setup/worker.h"

#include <CLI/CLI.hpp>
#include <optional>

#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/output/redact.h"
#include "bin/settings/duration.h"
#include "bin/settings/version.h"
#include "bin/status/server.h"
#include "bin/worker/library_output.h"
#include "bin/worker/log_file.h"
#include "bin/worker/loop.h"
#include "bin/worker/retry_start.h"
#include "bin/worker/signals.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "engine/dispatch/workflow_steps.h"
#include "storage/checkpoints/sqlite_checkpoints.h"
#include "storage/postgres/advice.h"
#include "storage/sqlite/file.h"

namespace pawl::bin {

namespace {

bool logs_json(const Settings& settings, const Console& console) {
  if (settings.log_format == LogFormat::kAuto) return !console.err_is_terminal || !settings.log_file.empty();
  return settings.log_format == LogFormat::kJson;
}

std::vector<std::string> step_names(const Workflows& workflows) {
  std::vector<std::string> names;
  for (engine::NamedStep& step : engine::named_steps(workflows.definitions())) names.push_back(std::move(step.name));
  return names;
}

/// The default place is made when it is missing; a path that somebody chose must exist, since it may be a mount.
std::string prepared_path(const Settings& settings) {
  if (!settings.checkpoints.empty()) return settings.checkpoints;
  const std::string path = default_checkpoints_path();
  storage::create_private_directories(path);
  return path;
}

std::string seconds_text(engine::Duration duration) { return std::to_string(whole_seconds(duration)) + "s"; }

void warn_of_slow_timeout(const Settings& settings, Log& log) {
  if (settings.postgres_timeout.count() > 0 && settings.postgres_timeout * 2 <= settings.lease) return;
  log.line(LogLevel::kWarn, "one frozen connection may cost the lease: set postgres-timeout to half of lease or less",
           {{"lease", seconds_text(settings.lease)}, {"postgres_timeout", seconds_text(settings.postgres_timeout)}});
}

class WorkerVerb final : public Verb {
 public:
  WorkerVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_flag("--until-idle", until_idle_, "Stop once nothing is left to do, and print a summary");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    std::optional<LogFile> log_file;
    if (!settings.log_file.empty()) log_file.emplace(settings.log_file);
    std::ostream& log_stream = log_file ? log_file->stream() : console.unfiltered();
    const bool json = logs_json(settings, console);
    const bool show_progress = until_idle_ && console.err_is_terminal && !json;
    const Log::Options log_options{settings.log_level, json, show_progress && !log_file, console.secrets,
                                   console.program};
    if (json)
      console.tell_end = [&console, log_options](const std::string& error) {
        Log(console.unfiltered(), log_options).line(LogLevel::kError, "worker ends", {{"error", error}});
      };
    workflows_.require_settings();
    watch_signals(console.err_is_terminal);
    Log log(log_stream, log_options);
    const LibraryOutput library_output(log);
    warn_of_slow_timeout(settings, log);
    if (const auto warning = storage::impostor_warning(settings.postgres)) log.line(LogLevel::kWarn, *warning);
    const storage::PostgresAddress address(settings.postgres, settings.postgres_timeout);
    const auto warn = [&log](const std::string& what) { log.line(LogLevel::kWarn, what); };
    workflows_.open({address, epoch_, console.secrets, warn});
    for (const std::string& warning : workflows_.warnings()) warn(warning);
    const engine::SystemClock clock;
    StatusBoard board(clock, step_names(workflows_));
    std::optional<StatusServer> server;
    if (!settings.listen.empty()) {
      server.emplace(settings.listen, board, clock, *console.secrets);
      log.line(LogLevel::kInfo, "serving health and metrics", {{"listen", server->address()}});
    }
    const std::string path = prepared_path(settings);
    board.checkpoints(path);
    std::optional<storage::SqliteCheckpoints> checkpoints;
    const auto open = [&] {
      checkpoints.emplace(path, warn);
      checkpoints->record_build(kVersion);
    };
    if (!retry_start(clock, patience(settings, board, log), open)) return ExitCode::kDone;
    log.line(LogLevel::kInfo, "worker started", {{"version", kVersion}, {"checkpoints", path}});
    const WorkerWorld world{settings, address, epoch_, *checkpoints, path, workflows_, clock, log};
    const auto reload = [&] {
      if (log_file) log_file->reopen();
      // libpq reads its password file at each connection, and so do we the relay's at each login; but what is logged
      // of them passes the mask at any time.
      mask_postgres_passwords(settings.postgres, *console.secrets);
    };
    return WorkerLoop(world, log, board, console, {until_idle_, show_progress, reload}).run();
  }

 private:
  // A disk that is full or fails when the worker starts is waited for, as one that does so later.
  Patience patience(const Settings& settings, StatusBoard& board, Log& log) const {
    return {.give_up_after = until_idle_ ? std::optional(settings.connect_timeout) : std::nullopt,
            .wait = wait_for_stop,
            .failed = [&board, &log](const std::string& error, engine::Duration) {
              board.starting(error);
              log.line(LogLevel::kWarn, "cannot open the checkpoints yet, trying again", {{"error", error}});
            }};
  }

  Workflows& workflows_;
  storage::Epoch epoch_{0};
  bool until_idle_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_worker(CLI::App& command, Workflows& workflows) {
  return std::make_unique<WorkerVerb>(command, workflows);
}

}  // namespace pawl::bin
