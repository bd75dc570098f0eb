// What a database or a role sets for all of its sessions: it changes nothing of what pawl promises.
#include <catch2/catch.hpp>
#include <set>

#include "storage/outbox/operators/run_requests.h"
#include "tests/storage/outbox/batch_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct SessionDefaultsFixture : BatchFixture {
  void set(const std::string& setting) { exec("alter database " + name + " set " + setting); }
  /// What a session of somebody's own says that begins its transaction at this level.
  void asks_at(const std::string& level, const std::string& sql) {
    connection.transact("ask", [&](storage::Transaction& transaction) {
      transaction.script("commit; begin isolation level " + level);
      transaction.run(sql);
    });
  }
};

}  // namespace

TEST_CASE_METHOD(SessionDefaultsFixture,
                 "what takes a lock before it looks is refused in any isolation but read committed", "[session]") {
  const std::string id = "'" + fail(1).at(0) + "'";
  const std::string call =
      GENERATE("pawl.resume(ID, 'ada')", "pawl.resume_run(ID, 'ada')", "pawl.rerun(ID, null, false, 'ada', 'why')",
               "pawl.rerun_run(ID, null, false, 'ada', 'why')", "pawl.requeue(ID, '{}', 'ada', 'why')",
               "pawl.dismiss(ID, 'why', 'ada')", "pawl.unpin(ID, 'why', 'ada')", "pawl.cancel(ID, 'ada')",
               "pawl.retry_now(ID, 'ada')", "pawl.make_batch('resume', '{}', 'ada')",
               "pawl.control_batch(1, 'pause', 'ada')", "pawl.work_on_batches()",
               "pawl.resolve_in_doubt(ID, null, true, 'ada')", "pawl.emit('test/event', 'a', 'b', '{}', ID)");
  std::string sql = std::string("select ") + call;
  if (const auto at = sql.find("ID"); at != std::string::npos) sql.replace(at, 2, id);
  CAPTURE(call);
  for (const std::string level : {"repeatable read", "serializable"})
    CHECK_THROWS_WITH(asks_at(level, sql), Catch::Contains("read committed, this one is in " + level));
  CHECK(value("select count(*) from pawl.commands") == "0");
}

TEST_CASE_METHOD(SessionDefaultsFixture, "pawl's sessions work in read committed, whatever the database's default is",
                 "[session]") {
  const std::string level = GENERATE("serializable", "repeatable read");
  set("default_transaction_isolation = '" + level + "'");
  const std::string options = GENERATE("", " options='-c default_transaction_isolation=serializable'");
  storage::PostgresConnection later(conninfo + options);
  CHECK(later.run("ask", "show transaction_isolation", {}).string(0, 0) == "read committed");
  CHECK(later.run_once("ask", "show transaction_isolation", {}).string(0, 0) == "read committed");
  const std::string id = fail(1).at(0);
  const storage::RerunAnswer made = storage::rerun(conninfo, {id, "", false, "ada", "again"});
  CHECK_FALSE(made.new_run.empty());
  CHECK(storage::rerun(conninfo, {id, "", false, "ada", "again"}).new_run.empty());
}

TEST_CASE_METHOD(SessionDefaultsFixture, "no plan of pawl's sessions is compiled, whatever it is taken to cost",
                 "[session]") {
  set("jit = on");
  set("jit_above_cost = 0");
  storage::PostgresConnection later(conninfo);
  const storage::Rows plan = later.run("ask", "explain (analyze, format text) select count(*) from pawl.v1_events", {});
  REQUIRE(plan.size() > 1);
  for (std::size_t line = 0; line < plan.size(); ++line) CHECK(plan.string(line, 0).find("JIT") == std::string::npos);
}

TEST_CASE_METHOD(SessionDefaultsFixture,
                 "reasons and patterns are read alike whether or not a backslash escapes in strings", "[session]") {
  set("standard_conforming_strings = off");
  exec("alter database " + name + " set escape_string_warning = on");
  storage::PostgresConnection later(own_session(conninfo));
  const auto ask = [&](const std::string& sql) { return later.run("ask", sql, {}).string(0, 0); };
  CHECK(ask("show standard_conforming_strings") == "off");
  const std::string reason = "item 0e0b9a3c-1f5e-4c7a-9a58-1a2b3c4d5e6f: <ada@example.com>: 550 5.1.1 no abc123";
  fail(1, reason);
  CHECK(ask("select pawl.reason_shape('" + reason + "')") == "item ...: <...>: 550 5.1.1 no ...");
  CHECK(ask("select reason from pawl.preview_batch('resume', '{}')") == "item ...: <...>: 550 5.1.1 no ...");
  for (const std::string pattern : {"%no%", "550", "item%"})
    CHECK(ask("select count(*) from pawl.select_runs('resume', jsonb_build_object('error_like', '" + pattern + "'))") ==
          "1");
  CHECK(ask("select count(*) from pawl.select_runs('resume', '{\"error_like\": \"55%\"}')") == "0");
}

TEST_CASE_METHOD(SessionDefaultsFixture,
                 "no function of the schema pawl has a backslash in a string that a setting may read otherwise") {
  CHECK(exec("select p.oid::regprocedure from pg_proc p where p.pronamespace = 'pawl'::regnamespace"
             " and strpos(regexp_replace(p.prosrc, 'E''([^'']|'''')*''', '', 'g'), chr(92)) > 0 order by 1") ==
        Table{});
}
