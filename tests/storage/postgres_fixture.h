// A migrated Postgres database of its own for each test, dropped at the end.
#pragma once

#include <string>
#include <vector>

#include "engine/ports/outbox.h"
#include "storage/outbox/postgres_outbox.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/epoch.h"
#include "tests/eventually.h"

namespace pawl::tests {

using Table = std::vector<std::vector<std::string>>;  ///< Null is the empty string.

/// The address of a test's own session: statements find the application's tables by the database's search path.
storage::PostgresAddress own_session(const std::string& conninfo);

/// The same for a session that holds a lock while a test waits for what others do: nothing ends or repeats it.
storage::PostgresAddress holding_session(const std::string& conninfo);

/// Connects by libpq's environment (run it under pg_virtualenv), or through the pooler that PAWL_TEST_POOLER names;
/// tests tagged [session] need a session of their own, which a pooler in transaction mode does not give. The template
/// is migrated once a process.
class PostgresFixture {
 public:
  PostgresFixture();
  ~PostgresFixture();

  Table exec(const std::string& sql, const storage::Parameters& parameters = {});
  /// The first column of the first row.
  std::string value(const std::string& sql, const storage::Parameters& parameters = {});
  /// Emits an event of the type and returns its id.
  std::string emit(const std::string& type = "test/event");
  std::vector<std::string> emit_many(int count, const std::string& type = "test/event");
  /// The connection string of a login that has this role of pawl's and nothing else. It is called test_ and the role.
  std::string login(const std::string& role);

  const std::string name;
  const std::string conninfo;
  storage::PostgresConnection connection;
};

/// As a worker asks when it starts.
void require_workflows(const std::string& conninfo, const std::vector<engine::WorkflowName>& workflows);

/// A database that no migration has touched; `options` are those of `create database`.
class EmptyDatabase {
 public:
  explicit EmptyDatabase(const std::string& options = "");
  ~EmptyDatabase();
  const std::string name;
  const std::string conninfo;
};

/// An organisation with an owner, an admin, a member and a connection.
struct Organisation {
  explicit Organisation(PostgresFixture& database, const std::string& slug = "acme");
  /// Inserts a sync log with status `error` as the application does; returns its id.
  std::string fail_sync(const std::string& message = "token revoked") const;

  PostgresFixture& database;
  std::string id, owner, admin, member, connection;
};

/// What the template has registered: handle-test-event for test/event, and notify-sync-failure.
const std::vector<engine::WorkflowName>& test_workflows();

/// A worker's outbox with its epoch, under the login of a worker.
struct Worker {
  explicit Worker(PostgresFixture& database, std::string store = new_store(), bool listen = can_listen());
  /// False through a pooler.
  static bool can_listen();
  static std::string new_store();
  engine::Registered open(std::vector<std::string> waiting = {}, std::vector<std::string> moving = {});
  std::vector<engine::Event> claim(int max = 100, engine::MovingRuns quarantine = {});
  std::vector<engine::Event> claim_of(const std::vector<std::string>& workflows, int max = 100);
  /// Ids of what it claimed.
  std::vector<std::string> claim_ids(int max = 100, engine::MovingRuns quarantine = {});
  std::size_t finish(const engine::Event& event, engine::RunStatus status = engine::RunStatus::kDone,
                     const std::string& reason = "");
  /// Makes Postgres' clock judge its lease to be over.
  void expire();

  PostgresFixture& database;
  std::string store;
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox;
};

}  // namespace pawl::tests
