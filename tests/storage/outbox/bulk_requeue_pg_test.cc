// Many failed events that are handled again from their beginning.
#include <catch2/catch.hpp>

#include "tests/storage/outbox/batch_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(BatchFixture,
                 "P4: a batch that requeues handles each event again from its beginning, once, and under its keys") {
  const auto ids = fail(3);
  exec("update pawl.outbox_archive set payload = '{\"n\": 1}', resumable = 'nowhere' where id = $1::uuid", {ids[0]});
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
