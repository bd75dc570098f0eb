// A corrected payload for a failed event: one new event, one word about the old one, whatever is repeated.
#include <catch2/catch.hpp>

#include "storage/outbox/operators/repairs.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct RequeueFixture : PostgresFixture {
  Worker worker{*this};
  RequeueFixture() { worker.open(); }

  std::string failed(engine::RunStatus status = engine::RunStatus::kFailed) {
    const std::string id = emit();
    for (const auto& event : worker.claim()) worker.finish(event, status, "payload: no good");
    return id;
  }
  std::string requeue(const std::string& id, const std::string& request = "gen_random_uuid()") {
    return value("select coalesce(pawl.requeue($1::uuid, '{\"org_id\": \"o-7\"}', 'ada@desk', 'a typo', " + request +
                     ")::text, 'refused')",
                 {id});
  }
  std::string outcome_of(const std::string& id) {
    return value("select outcome from pawl.commands where event_id = $1::uuid and verb = 'requeue' order by id desc",
                 {id});
  }
};

}  // namespace

TEST_CASE_METHOD(RequeueFixture,
                 "a requeued event is a new one with its payload, under the keys of the one it stands for") {
  const std::string old = failed();
  const std::string made = requeue(old);
  CHECK(exec("select workflow, parent, effects_of, payload, headers->>'tenant', deliveries, event from pawl.outbox") ==
        Table{{"handle-test-event", old, old, R"({"org_id": "o-7"})", "o-7", "0", ""}});
  CHECK(exec("select status, reason, parent from pawl.v1_events where run_id = $1::uuid", {old}) ==
        Table{{"dismissed", "requeued as " + made + " by ada@desk: a typo; it had failed: payload: no good", ""}});
  CHECK(value("select parent from pawl.v1_events where run_id = $1::uuid", {made}) == old);
  CHECK(outcome_of(old) == "requeued as " + made);
  CHECK(outcome_of(made) == "requeued from " + old);

  for (const auto& event : worker.claim()) worker.finish(event, engine::RunStatus::kFailed, "again");
  const std::string third = requeue(made);
  CHECK(exec("select parent, effects_of from pawl.outbox where id = $1::uuid", {third}) == Table{{made, old}});
}

TEST_CASE_METHOD(RequeueFixture, "the same request, sent again, answers as it did and makes no second event") {
  const std::string old = failed();
  const std::string request = "'5f0c0000-0000-4000-8000-000000000001'";
  const std::string made = requeue(old, request);
  CHECK(requeue(old, request) == made);
  CHECK(value("select count(*) from pawl.outbox") == "1");
  CHECK(value("select count(*) from pawl.commands") == "2");
}

TEST_CASE_METHOD(RequeueFixture, "what has not failed is not requeued, and the trail says why") {
  const std::string done = failed(engine::RunStatus::kDone);
  CHECK(requeue(done) == "refused");
  CHECK(outcome_of(done) == "not failed: it is done");
  const std::string waiting = emit();
  CHECK(requeue(waiting) == "refused");
  CHECK(outcome_of(waiting) == "not finished: it is in the outbox");
  const std::string none = Worker::new_store();
  CHECK(requeue(none) == "refused");
  CHECK(outcome_of(none) == "not found");
  const std::string old = failed();
  requeue(old);
  CHECK(requeue(old) == "refused");
  CHECK(outcome_of(old) == "not failed: it is dismissed");
  CHECK(storage::requeue_event(conninfo, {old, "{}", "ada", "why"}).refusal == "not failed: it is dismissed");
}

TEST_CASE_METHOD(RequeueFixture, "a requeue needs a reason and a payload") {
  const std::string old = failed();
  CHECK_THROWS_WITH(value("select pawl.requeue($1::uuid, '{}', 'ada', ' ')", {old}), Catch::Contains("a reason"));
  CHECK_THROWS_WITH(value("select pawl.requeue($1::uuid, null, 'ada', 'why')", {old}), Catch::Contains("a payload"));
  CHECK(value("select status from pawl.v1_events") == "failed");
}

TEST_CASE_METHOD(RequeueFixture, "a payload that no worker has read is not shown any more once its event is requeued") {
  const std::string old = failed();
  exec("update pawl.outbox_archive set withheld = 17, payload = '{\"secret\": 1}'");
  requeue(old);
  CHECK(value("select payload from pawl.outbox_archive") == R"({"withheld_bytes": 17})");
}

TEST_CASE_METHOD(RequeueFixture, "those runs of an event are dismissed that failed, and a refusal says why") {
  const std::string old = failed();
  const auto outcomes = storage::dismiss_event(conninfo, {old, "", "ada", "why"});
  REQUIRE(outcomes.size() == 1);
  CHECK(outcomes.front().outcome == "dismissed");
  CHECK(storage::dismiss_event(conninfo, {old, "", "ada", "why"}).front().outcome == "not failed: it is dismissed");
  CHECK(storage::dismiss_event(conninfo, {Worker::new_store(), "", "ada", "why"}).empty());
}
