// Bytes that UTF-8 does not have, in whatever text of an event or of an operator's: databases of some encodings keep
// them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>

#include "engine/authoring/errors.h"
#include "storage/schema/migrator.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/storage/postgres_lines.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct OddDatabase {
  explicit OddDatabase(const std::string& encoding)
      : database("encoding '" + encoding + "' lc_collate 'C' lc_ctype 'C' template template0"),
        application(own_session(database.conninfo)) {
    storage::migrate_postgres(database.conninfo, true, postgres_lines(), test_workflows());
    outbox.open({Worker::new_store(), {}, {}});
  }
  std::string value(const std::string& sql) { return application.run("ask", sql, {}).string(0, 0); }
  /// As a restored dump has it: no trigger looks at what is written.
  void past_triggers(const std::string& sql) {
    application.transact("write past triggers", [&](storage::Transaction& transaction) {
      transaction.script("set local session_replication_role = replica");
      transaction.script(sql);
    });
  }
  /// Claims until so many events have come.
  std::vector<engine::Event> claim(std::size_t count) {
    std::vector<engine::Event> events;
    CHECK(eventually([&] {
      try {
        for (auto& event : outbox.claim({test_workflows(), {100, 5, {}}})) events.push_back(std::move(event));
      } catch (const engine::Error&) {  // one that cannot be read is found by asking for one alone
      }
      return events.size() >= count;
    }));
    return events;
  }

  engine::Event claim_run(const std::string& id) {
    for (int tries = 0; tries < 10; ++tries)
      for (const engine::Event& event : claim(1))
        if (event.id == id) return event;
    throw std::runtime_error("no worker gets " + id);
  }

  const EmptyDatabase database;
  storage::PostgresConnection application;
  storage::Epoch epoch{0};
  storage::PostgresOutbox outbox{{.address = database.conninfo, .version = "test"}, epoch};
};

struct Odd {
  std::string encoding;
  std::string text;  // an SQL expression
};
const Odd kSqlAscii{"SQL_ASCII", "(E'a\\xff')"}, kWin1252{"WIN1252", "('a' || chr(129))"};

std::string with_bad(std::string sql, const std::string& bad) {
  for (auto at = sql.find("BAD"); at != std::string::npos; at = sql.find("BAD", at)) sql.replace(at, 3, bad);
  return sql;
}

}  // namespace

TEST_CASE("P6: whoever emits bytes that UTF-8 does not have gets an event with marks in their place") {
  const Odd odd = GENERATE(kSqlAscii, kWin1252);
  CAPTURE(odd.encoding);
  OddDatabase database(odd.encoding);
  for (const std::string arguments : {"'test/event', 'x', BAD, '{}'", "'test/event', BAD, 'x', '{}'",
                                      "'test/event', 'x', 'x', '{}', null, jsonb_build_object('traceparent', BAD)",
                                      "'test/event', 'x', 'x', jsonb_build_object('org_id', BAD)",
                                      "BAD, 'x', 'x', '{}'", "'test/event', 'healthy', 'x', '{}'"})
    database.value(with_bad("select pawl.emit(" + arguments + ")", odd.text));
  const auto events = database.claim(5);
  REQUIRE(events.size() == 5);
  CHECK(events[0].aggregate_id == "a?");
  CHECK(events[1].aggregate_type == "a?");
  CHECK(events[2].traceparent == "a?");
  CHECK(events[3].tenant == "a?");
  CHECK(std::ranges::count_if(events, [](const auto& event) { return event.left_out > 0; }) == 1);
  CHECK(database.value("select string_agg(type, ' ' order by type) from pawl.v1_lag") == "a? test/event");
}

TEST_CASE("P6: a restored event with bytes that UTF-8 does not have fails alone, whichever of its texts has them") {
  const Odd odd = GENERATE(kSqlAscii, kWin1252);
  CAPTURE(odd.encoding);
  OddDatabase database(odd.encoding);
  for (const std::string texts :
       {"BAD, 'b', '{}', null", "'a', BAD, '{}', null", "'a', 'b', jsonb_build_object('tenant', BAD), null",
        "'a', 'b', jsonb_build_object('traceparent', BAD), null", "'a', 'b', '{}', BAD"})
    database.past_triggers(with_bad(
        "insert into pawl.outbox (id, workflow, type, payload, mark, marked_by, aggregatetype, aggregateid, headers,"
        " mark_note) values (gen_random_uuid(), 'handle-test-event', 'test/event', '{}', 'cancel', 'ada', " +
            texts + ")",
        odd.text));
  database.value("select pawl.emit('test/event', 'healthy', 'b', '{}')");
  const auto events = database.claim(6);
  REQUIRE(events.size() == 6);
  for (const engine::Event& event : events) CHECK((event.left_out > 0) == (event.aggregate_type != "healthy"));
}

TEST_CASE("an operator's words that UTF-8 does not have are kept with marks, and every command can be read") {
  const Odd odd = GENERATE(kSqlAscii, kWin1252);
  CAPTURE(odd.encoding);
  OddDatabase database(odd.encoding);
  const auto run_of = [&](engine::RunStatus status) {
    const std::string id = database.value("select pawl.emit('test/event', 'a', 'b', '{}')");
    const engine::Event event = database.claim_run(id);
    if (status == engine::RunStatus::kDone) return id;  // a worker has it
    const engine::FinishedEvent end{
        .position = event.position, .run_id = event.id, .status = status, .reason = "no box"};
    database.outbox.finish({&end, 1});
    return id;
  };
  const auto ask = [&](const std::string& call, engine::RunStatus of = engine::RunStatus::kFailed) {
    const std::string id = run_of(of);
    CAPTURE(call);
    database.value(with_bad("select (" + call + ")::text from (select '" + id + "'::uuid as id) x", odd.text));
  };
  ask("pawl.cancel(id, BAD, BAD)", engine::RunStatus::kDone);
  ask("pawl.retry_now(id, BAD, BAD)", engine::RunStatus::kDone);
  const auto marks = database.outbox.marks(0);
  REQUIRE(marks.size() == 2);
  for (const engine::Mark& mark : marks) CHECK(mark.asked.by + mark.asked.note == "a?a?");
  database.outbox.take_off(marks);
  ask("pawl.dismiss(id, BAD, BAD)");
  ask("pawl.rerun(id, BAD, false, BAD, BAD)");
  ask("pawl.requeue(id, '{}', BAD, BAD)");
  ask("pawl.unpin(id, BAD, BAD)");
  ask("pawl.resolve_in_doubt(id, null, true, BAD, BAD)");
  ask("pawl.make_batch('resume', jsonb_build_object('error_like', 'box', 'org', BAD), BAD, BAD)");
  ask("pawl.make_batch('resume', '{}', BAD, BAD)");
  ask("pawl.control_batch((select min(b.id) from pawl.batches b), 'pause', BAD, BAD)");
  ask("pawl.control_batch((select min(b.id) from pawl.batches b), 'continue', BAD, BAD)");
  ask("pawl.work_on_batches()");
  ask("pawl.resume(id, BAD, BAD)");
  const auto words = [&](const std::string& select) { return database.value("select string_agg(distinct " + select); };
  CHECK(words("requested_by || note, ',') from pawl.v1_commands") == "a?a?");
  CHECK(words("requested_by || note, ',') from pawl.v1_batches") == "a?a?");
  CHECK_NOTHROW(words("concat(reason), ',') from pawl.v1_events"));
  CHECK(words("from_step, ',') from pawl.outbox") == "a?");
}

TEST_CASE("a restored mark with bytes that UTF-8 does not have keeps no other mark from its worker") {
  const Odd odd = GENERATE(kSqlAscii, kWin1252);
  CAPTURE(odd.encoding);
  OddDatabase database(odd.encoding);
  for (int event = 0; event < 2; ++event) database.value("select pawl.emit('test/event', 'a', 'b', '{}')");
  database.claim(2);
  database.past_triggers(
      with_bad("update pawl.outbox set mark = 'cancel', mark_epoch = lease_epoch, marked_by = 'ada', marked_at = now(),"
               " mark_note = case position when 1 then BAD else 'why' end",
               odd.text));
  const auto marks = database.outbox.marks(0);
  REQUIRE(marks.size() == 2);
  CHECK(marks[0].asked.note == "a?");
  CHECK(marks[1].asked.note == "why");
}
