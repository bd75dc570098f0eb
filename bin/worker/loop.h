// The life of a worker: register, turn, drain; and register again after its lease was lost.
#pragma once

#include <functional>
#include <utility>

#include "bin/output/console.h"
#include "bin/settings/exit_code.h"
#include "bin/status/board.h"
#include "bin/worker/log.h"
#include "bin/worker/progress.h"
#include "bin/worker/service_manager.h"
#include "bin/worker/session.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

class WorkerLoop {
 public:
  struct Options {
    bool until_idle = false;
    bool show_progress = false;
    std::function<void()> reload;  ///< Called on the loop's thread when somebody asked for it by SIGHUP.
  };

  /// Everything outlives the loop.
  WorkerLoop(const WorkerWorld& world, Log& log, StatusBoard& board, Console& console, Options options)
      : world_(world), log_(log), board_(board), console_(console), options_(std::move(options)) {}

  /// Returns once drained, after a stop signal or, with `until_idle`, when nothing is left. Throws engine::RefusedError
  /// and, with `until_idle`, engine::UnavailableError when Postgres cannot be reached.
  ExitCode run();

 private:
  enum class Ended { kDrained, kStoppedBeforeStart, kLeaseLost, kDrainTimedOut };

  Ended run_session();
  bool open(WorkerSession& session);
  void check_access(WorkerSession& session) const;
  Ended drive(WorkerSession& session);
  bool wait_before_next_try(engine::Duration at_most);
  void reload_if_asked();
  void watch(storage::PostgresOutbox& outbox);
  void report_takeovers(storage::PostgresOutbox& outbox);
  void report_pruned(storage::PostgresOutbox& outbox);
  Ended live(WorkerSession& session);
  void turn(engine::Runner& runner);
  void stop(engine::Runner& runner);
  [[noreturn]] void end_at_once(const engine::HungError& error);
  void look_around(WorkerSession& session);
  void warn_once(std::string& logged, std::string problem, const char* message);
  void begin_drain(const char* why);

  const WorkerWorld& world_;
  Log& log_;
  StatusBoard& board_;
  Console& console_;
  const Options options_;
  ServiceManager service_;
  bool draining_ = false;
  bool registered_before_ = false;
  std::vector<std::string> application_problems_;                                 ///< As last logged.
  std::string archive_problem_, prune_problem_, batch_problem_, gauges_problem_;  ///< As last logged.
  engine::Timestamp drain_started_{};
  engine::Timestamp started_{};
  engine::Timestamp looked_around_{};
};

}  // namespace pawl::bin
