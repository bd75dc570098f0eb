// One call of pawl.problems(), which reads the catalogue and locks nothing.
#include "storage/outbox/chores/application_watch.h"

#include <algorithm>

#include "engine/authoring/errors.h"

namespace pawl::storage {

std::vector<ApplicationProblem> application_problems(PostgresConnection& connection) {
  const Rows rows =
      connection.run("look for problems of the application's tables", "select kind, problem from pawl.problems()", {});
  std::vector<ApplicationProblem> problems;
  for (std::size_t row = 0; row < rows.size(); ++row) problems.push_back({rows.string(row, 0), rows.string(row, 1)});
  return problems;
}

void ApplicationWatch::turn(PostgresConnection& connection, Time now) {
  if (now < due_at_) return;
  due_at_ = now + every_;
  std::vector<std::string> found;
  try {
    for (ApplicationProblem& problem : application_problems(connection)) found.push_back(std::move(problem.text));
  } catch (const engine::Error&) {  // claiming goes on, and says itself what is wrong with the connection
    return;
  }
  const std::lock_guard lock(mutex_);
  problems_ = std::move(found);
}

std::vector<std::string> ApplicationWatch::problems() const {
  const std::lock_guard lock(mutex_);
  return problems_;
}

}  // namespace pawl::storage
