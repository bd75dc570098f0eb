// Many failed events that are handled again from their beginning.
#include <catch2/catch.hpp>

#include "tests/storage/outbox/batch_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(BatchFixture,
                 "P4: a batch that requeues handles each event again from its beginning, once, and under its keys") {
  const auto ids = fail(3);
  exec("update pawl.outbox_archive set payload = '{\"n\": 1}' where id = $1::uuid", {ids[0]});
  const std::string batch = make("{}", "0", "requeue");
  exec("select pawl.dismiss($1::uuid, 'handled by hand', 'bob')", {ids[2]});
  CHECK(work() == "3");
  CHECK(outcomes(batch) == Table{{"not failed: it is dismissed", "1"}, {"requeued", "2"}});
  CHECK(failed() == "0");
  CHECK(exec("select payload, parent, effects_of, resumes, workflow from pawl.outbox order by payload desc limit 1") ==
        Table{{"{\"n\": 1}", ids[0], ids[0], "0", "handle-test-event"}});
  CHECK(value("select count(*) from pawl.outbox where id <> all($1::uuid[])", {"{" + ids[0] + "," + ids[1] + "}"}) ==
        "2");
  CHECK(value("select count(*) from pawl.commands where batch = $1::bigint and outcome like 'requeued %'", {batch}) ==
        "4");
  CHECK(exec("select status, runs from pawl.batch_ends($1::bigint)", {batch}) ==
        Table{{"unfinished", "2"}, {"dismissed", "1"}});
  CHECK(make("{}", "0", "requeue") == "");
  CHECK(waiting() == "2");
}

TEST_CASE_METHOD(BatchFixture, "P4: a batch begins no run anew whose workflow has acted on a failure, and says so") {
  const auto ids = fail(4);
  exec("update pawl.outbox_archive set resumable = 'here' where id = $1::uuid", {ids[0]});
  exec("update pawl.outbox_archive set resumable = 'nowhere' where id = $1::uuid", {ids[1]});
  exec("update pawl.outbox_archive set resumable = 'here', from_step = 'ship' where id = $1::uuid", {ids[2]});
  CHECK(exec("select runs, left_out from pawl.preview_batch('requeue', '{}') order by left_out") ==
        Table{{"1", "it goes on behind steps of its parent: rerun or requeue it by id"},
              {"2", "its workflow acted on a failure: rerun or requeue it by id"},
              {"1", ""}});
  const std::string batch = make("{}", "0", "requeue");
  CHECK(work() == "1");
  CHECK(exec("select parent from pawl.outbox") == Table{{ids[3]}});
  CHECK(value("select pawl.requeue($1::uuid, '{}', 'ada', 'by id') is not null", {ids[0]}) == "t");
}

TEST_CASE_METHOD(BatchFixture, "how a batch's runs stand is told of those that it made, and of no other child") {
  const auto ids = fail(1);
  const std::string batch = make("{}", "0", "requeue");
  CHECK(work() == "1");
  const auto made = worker.claim();
  REQUIRE(made.size() == 1);
  worker.finish(made[0]);
  exec(
      "insert into pawl.outbox (id, parent, workflow, type, aggregatetype, aggregateid, payload) values"
      " (pawl.new_event_id(), $1::uuid, 'handle-test-event', 'test/event', 'test', '1', '{}')",
      {ids[0]});
  CHECK(exec("select status, runs, example from pawl.batch_ends($1::bigint)", {batch}) ==
        Table{{"done", "1", made[0].id}});
}
