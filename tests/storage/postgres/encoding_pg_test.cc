// Databases whose encoding is not UTF-8, and clients that are told to speak another one.
#include <catch2/catch.hpp>

#include "storage/postgres/binary_array.h"
#include "storage/postgres/errors.h"
#include "storage/schema/migrator.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

EmptyDatabase database_in(const std::string& encoding) {
  return EmptyDatabase("encoding '" + encoding + "' lc_collate 'C' lc_ctype 'C' template template0");
}

std::string stored(storage::PostgresConnection& connection, const std::string& text) {
  storage::TextArray array;
  array.add(text);
  return connection.run_binary("store", "select unnest($1::text[])", {array.bytes()}).string(0, 0);
}

}  // namespace

TEST_CASE("a database of any encoding is migrated, and its texts are read and written as UTF-8") {
  const auto [encoding, text] = GENERATE(table<std::string, std::string>({{"LATIN1", "Gr\u00f6\u00dfe"},
                                                                          {"LATIN9", "10 \u20ac"},
                                                                          {"WIN1252", "a \u2013 b"},
                                                                          {"EUC_JP", "\u65e5\u672c"},
                                                                          {"SQL_ASCII", "Gr\u00f6\u00dfe"}}));
  INFO(encoding);
  const EmptyDatabase database = database_in(encoding);
  CHECK_FALSE(storage::migrate_postgres(database.conninfo, true, postgres_lines(), test_workflows()).applied.empty());
  storage::PostgresConnection connection(own_session(database.conninfo));
  connection.run("insert", "insert into organisations (name, slug) values ($1, 'a')", {text});
  CHECK(connection.run("read", "select name from organisations", {}).string(0, 0) == text);
  CHECK(stored(connection, text) == text);
}

TEST_CASE("P6: bytes that UTF-8 does not have cost the text that has them, and nobody else's event") {
  const auto [encoding, bytes] = GENERATE(table<std::string, std::string>(
      {{"WIN1252", "bad \\x81 byte"}, {"SQL_ASCII", "bad \\xff byte"}, {"UTF8", "fine \\x41 byte"}}));
  INFO(encoding);
  const EmptyDatabase database = database_in(encoding);
  storage::migrate_postgres(database.conninfo, true, postgres_lines(), test_workflows());
  storage::PostgresConnection application(own_session(database.conninfo));
  const auto told = application.run("fail a sync",
                                    "with c as (insert into organisations (name, slug) values ('A', 'a') returning id),"
                                    " p as (insert into pms_connections (org_id, provider) select id, 'Reapit' from c"
                                    " returning id) insert into pms_sync_logs (connection_id, status, error_message)"
                                    " select id, 'error', E'" +
                                        bytes + "' from p returning 1",
                                    {});
  CHECK(told.size() == 1);
  application.run(
      "emit what the trigger did not see",
      "insert into pawl.outbox (id, workflow, type, aggregatetype, aggregateid, payload)"
      " values (gen_random_uuid(), 'handle-test-event', 'test/event', 'a', 'b', jsonb_build_object('text', E'" +
          bytes + "'))",
      {});
  application.run("emit", "select pawl.emit('test/event', 'a', 'b', '{\"n\": 1}')", {});
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox({.address = database.conninfo, .version = "test"}, epoch);
  outbox.open({Worker::new_store(), {}, {}});
  std::vector<engine::Event> events;
  CHECK(eventually([&] {
    try {
      for (auto& event : outbox.claim({test_workflows(), {100, 5, {}}})) events.push_back(std::move(event));
    } catch (const engine::Error&) {  // one that cannot be read is found by asking for one alone
    }
    return events.size() == 3;
  }));
  std::size_t left_out = 0, marked = 0;
  for (const engine::Event& event : events) {
    left_out += event.left_out > 0;
    marked += event.payload.find("bad ? byte") != std::string::npos;
  }
  CHECK(left_out == (encoding == "UTF8" ? 0U : 1U));
  CHECK(marked == (encoding == "UTF8" ? 0U : 1U));
}

TEST_CASE("what a database cannot store is marked in a worker's texts, and refused in a request's") {
  const EmptyDatabase database = database_in("LATIN1");
  storage::PostgresConnection connection(database.conninfo);
  CHECK(stored(connection, "gr\u00f6\u00dfer \u2013 \u65e5") == "gr\u00f6\u00dfer ??? ???");
  CHECK(stored(connection, "\u0101\u0102\u0103\u0104\u0105\u0106\u0107\u0108\u0109\u010a \u00f6").ends_with(" ??"));
  CHECK_THROWS_WITH(connection.run("note", "select $1::text", {"a \u2013 b"}), Catch::Contains("leave it out"));
  CHECK(connection.run("go on", "select $1::text", {"\u00f6"}).string(0, 0) == "\u00f6");
}

TEST_CASE_METHOD(PostgresFixture, "the database's setting of client_encoding does not reach pawl", "[session]") {
  exec("alter database " + name + " set client_encoding = 'LATIN1'");
  storage::PostgresConnection later(conninfo);
  CHECK(later.run("read", "select U&'a \\2013 b'", {}).string(0, 0) == "a \u2013 b");
}

TEST_CASE("migrations are ASCII, which every encoding of a database has") {
  for (const storage::MigrationLine* line : postgres_lines())
    for (const storage::Migration& migration : line->migrations) {
      INFO(migration.name);
      CHECK(std::ranges::all_of(migration.sql, [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
    }
}
