// One call of pawl.read_gauges(), which locks nothing.
#include "storage/outbox/chores/gauges.h"

#include <algorithm>
#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {
constexpr int kShare = 50;  // so many times as long as it took it rests at least
}

void OutboxGauges::check_access(PostgresConnection& connection) {
  // `where false` would ask for no privilege
  connection.run("read the backlog", "select from pawl.read_gauges() limit 0", {});
}

void OutboxGauges::turn(PostgresConnection& connection, Time now) {
  if (now < due_at_) return;
  Gauges found;
  std::string problem;
  const Time began = Time::clock::now();
  try {
    const Rows rows =
        connection.run("read the backlog", "select name, workflow, value::text from pawl.read_gauges()", {});
    for (std::size_t row = 0; row < rows.size(); ++row)
      found.all.push_back({rows.string(row, 0), rows.string(row, 1), std::stod(rows.string(row, 2))});
  } catch (const engine::Error& error) {  // claiming goes on
    problem = error.what();
  }
  found.read_at = Time::clock::now();
  due_at_ = now + std::max<Time::duration>(every_, kShare * (found.read_at - began));
  const std::lock_guard lock(mutex_);
  if (problem.empty()) gauges_ = std::move(found);
  problem_ = std::move(problem);
}

std::string OutboxGauges::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

Gauges OutboxGauges::read() const {
  const std::lock_guard lock(mutex_);
  return gauges_;
}

}  // namespace pawl::storage
