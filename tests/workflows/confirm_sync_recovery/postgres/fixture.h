// A database in which outages are known, beside an organisation whose connection fails and recovers.
#pragma once

#include <confirm_sync_recovery_migrations.h>

#include <string>
#include <vector>

#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"

namespace pawl::tests {

inline storage::MigrationLines lines_with_recovery() {
  storage::MigrationLines lines = postgres_lines();
  lines.push_back(&storage::confirm_sync_recovery_migrations());
  return lines;
}

struct RecoveryFixture : PostgresFixture {
  RecoveryFixture() {
    storage::migrate_postgres(conninfo, false, lines_with_recovery());
    storage::grant_roles(conninfo, true, lines_with_recovery());
  }

  /// Ends a sync well, as the application does.
  void succeed(const std::string& finished_at = "now()") { exec(success_sql(finished_at), {acme.connection}); }
  static std::string success_sql(const std::string& finished_at = "now()") {
    return "insert into pms_sync_logs (connection_id, status, finished_at) values ($1::uuid, 'success', " +
           finished_at + ")";
  }
  void fail(const std::string& finished_at) {
    exec(
        "insert into pms_sync_logs (connection_id, status, error_message, finished_at) values ($1::uuid, 'error',"
        " 'boom', " +
            finished_at + ")",
        {acme.connection});
  }

  std::string recoveries() {
    return value("select count(*) from pawl.outbox where type = 'pms/connection.sync.recovered'");
  }
  std::string unconfirmed() { return value("select count(*) from pawl.sync_failures where recovery is null"); }
  /// How many failures each recovery confirms, in the order of the recoveries.
  std::string confirmed() {
    return value(
        "select coalesce(string_agg(n::text, ' ' order by position), '') from (select o.position, count(*) as n"
        " from pawl.outbox o join pawl.sync_failures f on f.recovery = o.id group by 1) c");
  }
  std::string payload(const std::string& field) {
    return value("select payload->>$1 from pawl.outbox where type = 'pms/connection.sync.recovered'", {field});
  }

  const Organisation acme{*this, "acme"};
};

}  // namespace pawl::tests
