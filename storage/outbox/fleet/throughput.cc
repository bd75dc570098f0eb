// Reads the statistics of the outbox and of the archive's partitions.
#include "storage/outbox/fleet/throughput.h"

namespace pawl::storage {

Throughput read_throughput(PostgresConnection& connection) {
  const Rows rows =
      connection.run("read the statistics",
                     "select coalesce(sum(n_tup_ins) filter (where relname = 'outbox'), 0)::bigint,"
                     " coalesce(sum(n_tup_ins) filter (where relname like 'outbox\\_archive%'), 0)::bigint"
                     " from pg_stat_user_tables where schemaname = 'pawl'",
                     {});
  return {rows.integer(0, 0), rows.integer(0, 1)};
}

}  // namespace pawl::storage
