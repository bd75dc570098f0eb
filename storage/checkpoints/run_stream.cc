// Takes from each statement what is the next run's, and leaves out what is of none.
#include "storage/checkpoints/run_stream.h"

#include <algorithm>
#include <tuple>

#include "storage/checkpoints/runs.h"

namespace pawl::storage {

namespace {

std::string ordered(const char* columns, const char* from, const std::string& where, const char* order) {
  return std::string("select ").append(columns).append(from).append(where).append(order).append(" limit ?9");
}

}  // namespace

SqliteRunStream::SqliteRunStream(SQLite::Database& database, const std::string& runs, const std::string& steps,
                                 const std::string& retries, const std::function<void(SqliteStatement&)>& start)
    : runs_(database,
            ordered(kRunColumns, " from runs r join events e on e.run = r.run", runs, " order by r.run").c_str()),
      steps_(database, ordered(kStepColumns, " from steps s", steps, " order by s.run").c_str()),
      retries_(database,
               ordered(kRetryColumns, " from pending_retries p", retries, " order by p.run, p.step, p.key").c_str()) {
  for (SqliteStatement* statement : {&runs_, &steps_, &retries_}) start(*statement);
  has_step_ = steps_.next();
  has_retry_ = retries_.next();
}

std::optional<engine::StoredRun> SqliteRunStream::next() {
  if (!runs_.next()) return std::nullopt;
  engine::StoredRun run = run_of(runs_);
  for (; has_step_ && steps_.integer(0) <= run.run; has_step_ = steps_.next())
    if (steps_.integer(0) == run.run) run.steps.push_back(step_of(steps_));
  for (; has_retry_ && retries_.integer(0) <= run.run; has_retry_ = retries_.next())
    if (retries_.integer(0) == run.run) run.retries.push_back(retry_of(retries_));
  std::ranges::sort(run.steps, {}, [](const engine::StepSettled& s) { return std::tie(s.settled_at, s.step); });
  return run;
}

}  // namespace pawl::storage
