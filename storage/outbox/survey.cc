// Reads the outbox in its physical order, whatever its statistics say: a lowest position under a condition is no use of
// the index, and walking that costs more than the scan.
#include "storage/outbox/survey.h"

namespace pawl::storage {

namespace {

struct Look {
  Survey seen;
  bool unnamed = false;  // some are no run yet, though workflows of their type are registered
};

Look look(PostgresConnection& connection, const std::string& workflows, const std::string& store) {
  const Rows rows = connection.run(
      "survey the outbox",
      "select min(o.position) filter (where o.workflow is not null and o.lease_epoch is null and o.deliveries = 0),"
      " bool_or(o.lease_epoch is null and o.deliveries > 0), bool_or(o.lease_epoch is not null),"
      " bool_or(o.workflow is null), " +
          kSerial + " from pawl.outbox o where (" + kClaimable +
          ") or o.lease_epoch <> all(array(select epoch from pawl.workers))"
          " or (o.workflow is null and o.type = any(array(select type from pawl.workflows)))",
      {workflows, store});
  return {{rows.integer(0, 0), rows.boolean(0, 1), rows.boolean(0, 2)}, rows.boolean(0, 3)};
}

void name_runs_where(PostgresConnection& connection, const std::string& condition) {
  connection.run("make runs of events that have none", "select pawl.name_runs() where " + condition, {});
}

}  // namespace

void check_survey_access(PostgresConnection& connection) { name_runs_where(connection, "false"); }

Survey survey(PostgresConnection& connection, const std::string& workflows, const std::string& store) {
  const Look first = look(connection, workflows, store);
  if (!first.unnamed) return first.seen;
  name_runs_where(connection, "true");
  return look(connection, workflows, store).seen;
}

std::deque<Redelivered> redelivered_events(PostgresConnection& connection, const std::string& workflows,
                                           const std::string& store, int deliveries_max, std::size_t limit) {
  const Rows rows = connection.run("find redelivered events",
                                   "select o.position, o.deliveries from pawl.outbox o, (select " + kSerial +
                                       ") serial where " + kClaimable +
                                       " and o.deliveries > 0"
                                       " order by o.deliveries <> $3::int, o.deliveries, o.position limit $4::int",
                                   {workflows, store, std::to_string(deliveries_max - 1), std::to_string(limit)});
  std::deque<Redelivered> found;
  for (std::size_t row = 0; row < rows.size(); ++row)
    found.push_back({rows.integer(row, 0), static_cast<int>(rows.integer(row, 1))});
  return found;
}

std::string epochs_at_work(PostgresConnection& connection) {
  return connection
      .run("look at the workers",
           "select string_agg(epoch::text || case when stopped_at is null then ' ' else ' stopped ' end, ''"
           " order by epoch) from pawl.workers",
           {})
      .string(0, 0);
}

}  // namespace pawl::storage
