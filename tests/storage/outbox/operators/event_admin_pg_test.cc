// What the command line does to events.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture, "an emitted event is in the outbox under the id returned") {
  const std::string id = storage::emit_event(conninfo, {"test/event", "thing", "it's", R"({"a": [1, "\\"]})", ""});
  CHECK(exec("select id, type, aggregatetype, aggregateid, payload from pawl.outbox") ==
        Table{{id, "test/event", "thing", "it's", R"({"a": [1, "\\"]})"}});
  const std::string own = Worker::new_store();
  CHECK(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", own}) == own);
}

TEST_CASE_METHOD(PostgresFixture,
                 "an event is emitted under an id of one's own, whatever isolation is the database's") {
  exec("alter database " + name + " set default_transaction_isolation = 'serializable'");
  const std::string own = Worker::new_store();
  for (int repeat = 0; repeat < 2; ++repeat)
    CHECK(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", own}) == own);
  CHECK(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", ""}) != own);
  CHECK(value("select count(*) from pawl.outbox") == "2");
}

TEST_CASE_METHOD(PostgresFixture, "text that is no JSON is refused before it reaches Postgres") {
  for (const std::string payload : {"", "{", "{'a': 1}", R"({"a": "\u0000"})"}) {
    CAPTURE(payload);
    CHECK_THROWS_AS(storage::emit_event(conninfo, {"test/event", "thing", "1", payload, ""}), engine::PermanentError);
  }
  CHECK_THROWS_AS(storage::emit_event(conninfo, {"test/event", "thing", "1", "{}", "no-uuid"}), engine::PermanentError);
  CHECK_THROWS_AS(storage::emit_event(conninfo, {"", "thing", "1", "{}", ""}), engine::PermanentError);
  CHECK(value("select count(*) from pawl.outbox") == "0");
}
