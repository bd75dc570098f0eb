// The public views keep their promise: the documented columns, and examples that run.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <regex>

#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

std::string documentation() {
  std::ifstream file(PAWL_SOURCE_DIR "/docs/sql.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match)
    found.push_back((*match)[1]);
  return found;
}

// The part of the page from a view's heading to the next one.
std::string section(const std::string& page, const std::string& view) {
  const std::size_t start = page.find("### `pawl." + view + "`");
  REQUIRE(start != std::string::npos);
  return page.substr(start, page.find("\n#", start + 1) - start);
}

}  // namespace

TEST_CASE_METHOD(PostgresFixture, "every v1 view has exactly the documented columns, in the documented order") {
  const std::string page = documentation();
  for (const auto& named : exec("select viewname from pg_views where schemaname = 'pawl' and viewname like 'v1%'")) {
    const std::string& view = named[0];
    CAPTURE(view);
    std::vector<std::string> columns;
    for (const auto& row : exec("select column_name from information_schema.columns where table_schema = 'pawl'"
                                " and table_name = $1 order by ordinal_position",
                                {view}))
      columns.push_back(row[0]);
    CHECK(matches(section(page, view), "\\| `(\\w+)` \\|") == columns);
  }
}

TEST_CASE_METHOD(PostgresFixture, "every example query of the documentation runs") {
  std::string page = documentation();
  page = page.substr(0, page.find("\n## Checkpoints"));
  std::size_t examples = 0;
  for (std::size_t at = 0; (at = page.find("```sql\n", at)) != std::string::npos; ++examples) {
    const std::size_t end = page.find("```", at += 7);
    INFO(page.substr(at, end - at));
    CHECK_NOTHROW(exec(page.substr(at, end - at)));
    at = end;
  }
  CHECK(examples >= 4);
}

TEST_CASE_METHOD(PostgresFixture, "one connection's story, a user's mails and mails in doubt are found by indexes") {
  const auto plan = [&](const std::string& condition) {
    std::string text;
    storage::PostgresConnection(conninfo).transact("explain", [&](storage::Transaction& transaction) {
      transaction.run("set local enable_seqscan = off", {});
      const storage::Rows rows = transaction.run("explain select 1 from " + condition, {});
      for (std::size_t row = 0; row < rows.size(); ++row) text += rows.string(row, 0) + "\n";
    });
    return text;
  };
  CHECK_THAT(plan("pawl.v1_events where aggregatetype = 'c' and aggregateid = '1' order by created_at desc limit 20"),
             Catch::Contains("Index Cond: (aggregateid = '1'"));
  CHECK_THAT(plan("pawl.v1_emails where user_id = '00000000-0000-4000-8000-000000000001'"),
             Catch::Contains("email_by_user"));
  CHECK_THAT(plan("pawl.v1_emails where in_doubt_count > 0"), Catch::Contains("email_doubted"));
}

TEST_CASE_METHOD(PostgresFixture,
                 "a mail's row names the trace in which its event was emitted, also once that is archived") {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string id =
      value("select pawl.emit('t', 'a', '1', '{}', null, jsonb_build_object('traceparent', $1::text))", {trace});
  exec(
      "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts, workflow,"
      " step, state, message_id) values ($1::uuid, gen_random_uuid(), 1, 1, now(), now(), 1, 'w', 's', 'accepted', "
      "'m')",
      {id});
  CHECK(value("select traceparent from pawl.v1_emails") == trace);
  exec("update pawl.outbox set workflow = 'w'");
  exec("select pawl.cancel($1::uuid, 'test')", {id});
  CHECK(value("select count(*) from pawl.outbox") == "0");
  CHECK(value("select traceparent from pawl.v1_emails") == trace);
}

TEST_CASE_METHOD(PostgresFixture, "a mail is found beside its run, of whichever workflow of the event that is") {
  exec("select pawl.add_workflow('test/event', 'also-handle-test-event')");
  emit();
  exec(
      "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts, workflow,"
      " in_doubt_count, step, state, message_id) select id, gen_random_uuid(), 1, 1, now(), now(), 1, workflow, 1, 's',"
      " 'in_doubt', workflow from pawl.outbox");
  for (const std::string view : {"v1_emails", "v1_in_doubt"})
    CHECK(exec("select m.message_id, e.workflow from pawl." + view +
               " m join pawl.v1_events e using (run_id) order by 1") ==
          Table{{"also-handle-test-event", "also-handle-test-event"}, {"handle-test-event", "handle-test-event"}});
}

TEST_CASE_METHOD(PostgresFixture, "every table and view of pawl, and every column of a public view, is commented") {
  CHECK(exec("select c.relname from pg_class c where c.relnamespace = 'pawl'::regnamespace"
             " and c.relkind in ('r', 'p', 'v') and not c.relispartition and obj_description(c.oid) is null") ==
        Table{});
  CHECK(
      exec("select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid"
           " where c.relnamespace = 'pawl'::regnamespace and c.relkind = 'v' and c.relname like 'v1%' and a.attnum > 0"
           " and col_description(c.oid, a.attnum) is null") == Table{});
}

TEST_CASE_METHOD(PostgresFixture, "an event is in v1_events once, whatever its state") {
  Worker worker(*this);
  worker.open();
  const std::vector<std::string> ids = emit_many(4);
  const auto events = worker.claim(3);
  worker.finish(events[0]);
  worker.finish(events[1], engine::RunStatus::kFailed, "the reason");
  CHECK(exec("select event_id, status, coalesce(reason, '') from pawl.v1_events order by position") ==
        Table{{ids[0], "done", ""}, {ids[1], "failed", "the reason"}, {ids[2], "leased", ""}, {ids[3], "pending", ""}});
  CHECK(exec("select pending, leased from pawl.v1_lag") == Table{{"1", "1"}});
  CHECK(exec("select leased, state from pawl.v1_workers") == Table{{"1", "awake"}});
}
