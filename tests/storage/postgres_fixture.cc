// Creates databases from a template that is migrated once a process.
#include "tests/storage/postgres_fixture.h"

#include <unistd.h>

#include <cstdlib>

#include "storage/postgres/text/array_literal.h"
#include "storage/schema/migrator.h"
#include "storage/schema/roles.h"
#include "tests/storage/postgres_lines.h"

namespace pawl::tests {

namespace {

std::string unique_name() {
  static int count = 0;
  return "pawl_test_" + std::to_string(getpid()) + "_" + std::to_string(++count);
}

std::string conninfo_of(const std::string& name) { return "dbname=" + name; }

std::string pooler() {
  const char* pooler = std::getenv("PAWL_TEST_POOLER");
  return pooler ? std::string(pooler) + " " : "";
}

// Over one connection, since a process makes hundreds of databases. It is open to the very end of the process.
void administer(const std::string& sql) {
  static storage::PostgresConnection connection("dbname=postgres");
  connection.run("administer test databases", sql, {});
}

void drop(const std::string& name) { administer("drop database if exists " + name + " with (force)"); }

// Whatever the login is called: one called pawl would make its tables in the schema of that name.
std::string create_empty(const std::string& options = "") {
  const std::string name = unique_name();
  administer("create database " + name + " " + options);
  administer("alter database " + name + " set search_path = public");
  return name;
}

class Template {
 public:
  Template() : name(create_empty()) {
    storage::migrate_postgres(conninfo_of(name), true, postgres_lines(), test_workflows());
    storage::grant_roles(conninfo_of(name), true, postgres_lines());
  }
  ~Template() { drop(name); }
  const std::string name;
};

std::string create_migrated() {
  static const Template migrated;
  const std::string name = create_empty("template " + migrated.name + " strategy file_copy");  // no WAL of each page
  if (!pooler().empty()) administer("alter database " + name + " set search_path = pg_catalog, pawl, pg_temp");
  return name;
}

}  // namespace

const std::vector<engine::WorkflowName>& test_workflows() {
  static const std::vector<engine::WorkflowName> kWorkflows{{"test/event", "handle-test-event"},
                                                            {"pms/connection.sync.failed", "notify-sync-failure"}};
  return kWorkflows;
}

void require_workflows(const std::string& conninfo, const std::vector<engine::WorkflowName>& workflows) {
  storage::PostgresConnection connection(conninfo);
  storage::require_workflows(connection, workflows);
}

storage::PostgresAddress own_session(const std::string& conninfo) {
  storage::PostgresAddress address(conninfo);
  address.has_own_path = true;
  return address;
}

storage::PostgresAddress holding_session(const std::string& conninfo) {
  storage::PostgresAddress address = own_session(conninfo);
  address.answer_within = {};
  return address;
}

// The fixture's own statements need no pooler.
PostgresFixture::PostgresFixture()
    : name(create_migrated()),
      conninfo(pooler() + conninfo_of(name)),
      connection(own_session(conninfo_of(name) + " options='-c search_path=public'")) {}
PostgresFixture::~PostgresFixture() { drop(name); }

EmptyDatabase::EmptyDatabase(const std::string& options) : name(create_empty(options)), conninfo(conninfo_of(name)) {}
EmptyDatabase::~EmptyDatabase() { drop(name); }

Table PostgresFixture::exec(const std::string& sql, const storage::Parameters& parameters) {
  const storage::Rows rows = connection.run("test", sql, parameters);
  Table table(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (int column = 0; column < rows.columns(); ++column) table[row].push_back(rows.string(row, column));
  return table;
}

std::string PostgresFixture::value(const std::string& sql, const storage::Parameters& parameters) {
  return exec(sql, parameters).at(0).at(0);
}

std::string PostgresFixture::emit(const std::string& type) {
  return value("select pawl.emit($1, 'thing', '1', '{}')", {type});
}

std::vector<std::string> PostgresFixture::emit_many(int count, const std::string& type) {
  std::vector<std::string> ids;
  for (const auto& row :
       exec("select pawl.emit($1, 'thing', '1', '{}') from generate_series(1, $2::int)", {type, std::to_string(count)}))
    ids.push_back(row[0]);
  return ids;
}

// Logins are the server's, and stay for its next database. Their password is that of the suite's own, since libpq takes
// it from the same place.
std::string PostgresFixture::login(const std::string& role) {
  const char* password = std::getenv("PGPASSWORD");
  exec("do $$ begin create role test_" + role + " login in role " + role + " password '" + (password ? password : "") +
       "'; exception when duplicate_object or unique_violation then null; end $$");
  return conninfo + " user=test_" + role;
}

Organisation::Organisation(PostgresFixture& database, const std::string& slug) : database(database) {
  id = database.value("insert into organisations (name, slug) values ('The ' || $1, $1) returning id", {slug});
  const auto join = [&](const std::string& role) {
    const std::string user = database.value(
        "insert into users (email, full_name) values ($1 || '@' || $2 || '.example', $1) returning id", {role, slug});
    database.exec("insert into org_members values ($1::uuid, $2::uuid, $3)", {id, user, role});
    return user;
  };
  owner = join("owner");
  admin = join("admin");
  member = join("member");
  connection = database.value(
      "insert into pms_connections (org_id, provider, label) values ($1::uuid, 'Reapit', 'Main') returning id", {id});
}

std::string Organisation::fail_sync(const std::string& message) const {
  return database.value(
      "insert into pms_sync_logs (connection_id, status, error_message) values ($1::uuid, 'error', $2) returning id",
      {connection, message});
}

namespace {

std::vector<std::string> names_of_test_workflows() {
  std::vector<std::string> names;
  for (const engine::WorkflowName& workflow : test_workflows()) names.push_back(workflow.workflow);
  return names;
}

}  // namespace

Worker::Worker(PostgresFixture& database, std::string store, bool listen)
    : database(database),
      store(std::move(store)),
      outbox({.address = database.login("pawl_worker"),
              .version = "test",
              .workflows = names_of_test_workflows(),
              .listen = listen},
             epoch) {}

bool Worker::can_listen() { return pooler().empty(); }

std::string Worker::new_store() {
  static int count = 0;
  const std::string digits = std::to_string(++count);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

engine::Registered Worker::open(std::vector<std::string> waiting, std::vector<std::string> moving) {
  engine::Registration registration{store, {}, std::move(moving)};
  for (std::string& id : waiting) {
    const std::string position =
        database.value("select coalesce(max(position), 0) from pawl.outbox where id = $1::uuid", {id});
    registration.waiting.push_back({std::move(id), std::stoll(position)});
  }
  return outbox.open(registration);
}

std::vector<engine::Event> Worker::claim(int max, engine::MovingRuns quarantine) {
  return outbox.claim({test_workflows(), {max, 5, quarantine}});
}

std::vector<engine::Event> Worker::claim_of(const std::vector<std::string>& workflows, int max) {
  engine::ClaimRequest request{{}, {max, 5, {}}};
  for (const std::string& workflow : workflows) request.workflows.push_back({"test/event", workflow});
  return outbox.claim(request);
}

std::vector<std::string> Worker::claim_ids(int max, engine::MovingRuns quarantine) {
  std::vector<std::string> ids;
  for (const engine::Event& event : claim(max, quarantine)) ids.push_back(event.id);
  return ids;
}

std::size_t Worker::finish(const engine::Event& event, engine::RunStatus status, const std::string& reason) {
  const engine::FinishedEvent finished{event.position, event.id, status, reason};
  return outbox.finish({&finished, 1});
}

void Worker::expire() {
  database.exec("update pawl.workers set expires_at = now() - interval '1 second' where epoch = $1::bigint",
                {std::to_string(epoch.load())});
}

}  // namespace pawl::tests
