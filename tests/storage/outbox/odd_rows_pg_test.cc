// Rows of the outbox that a producer wrote as pawl would not: times that are none, and secrets beside the payload.
#include <catch2/catch.hpp>

#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

TEST_CASE_METHOD(PostgresFixture,
                 "of an event's headers the archive keeps trace and tenant, and of others the names alone") {
  const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const std::string kept = "{\"retry\": 3, \"tenant\": \"acme\", \"tracestate\": \"a=b\", \"traceparent\": \"" + trace +
                           "\", \"authorization\": \"[redacted]\", \"nested\": \"[redacted]\"}";
  const std::string given = "{\"retry\": 3, \"tenant\": \"acme\", \"tracestate\": \"a=b\", \"traceparent\": \"" +
                            trace + "\", \"authorization\": \"Bearer canary\", \"nested\": {\"password\": \"canary\"}}";
  Worker worker(*this);
  worker.open();
  const std::string finished = emit(), dismissed = emit();
  exec("update pawl.outbox set headers = $1::jsonb", {given});
  exec("update pawl.outbox set available_at = 'infinity' where id = $1::uuid", {dismissed});
  CHECK(worker.finish(worker.claim().at(0)) == 1);
  CHECK(value("select pawl.cancel($1::uuid, 'me', 'no')", {dismissed}) == "cancelled");
  CHECK(exec("select headers = $1::jsonb from pawl.v1_events", {kept}) == Table{{"t"}, {"t"}});
  exec("update pawl.outbox set headers = '[\"canary\"]' where id = $1::uuid", {emit()});
  CHECK(worker.finish(worker.claim().at(0)) == 1);
  CHECK(value("select count(*) from pawl.outbox_archive where headers::text like '%canary%'") == "0");
}

TEST_CASE_METHOD(PostgresFixture, "the archive takes what an event is about without its secrets") {
  Worker worker(*this);
  worker.open();
  emit();
  const auto event = worker.claim().at(0);
  engine::FinishedEvent end{event.position, event.id, engine::RunStatus::kDone, ""};
  end.aggregate_id = "key=[redacted]";
  CHECK(worker.outbox.finish({&end, 1}) == 1);
  CHECK(value("select aggregateid from pawl.v1_events") == "key=[redacted]");
}

TEST_CASE_METHOD(PostgresFixture, "a mark's time that is none stops no claim, and not the watch for marks") {
  Worker worker(*this);
  worker.open();
  const std::vector<std::string> times{"infinity", "-infinity", "294276-12-31", "4713-01-01 BC"};
  const auto ids = emit_many(5);
  const auto mark = [&] {
    for (std::size_t index = 0; index < times.size(); ++index)
      exec(
          "update pawl.outbox set mark = 'cancel', marked_by = 'x', mark_epoch = lease_epoch, marked_at ="
          " $1::timestamptz where id = $2::uuid",
          {times[index], ids[index]});
  };
  mark();
  const auto events = worker.claim();
  REQUIRE(events.size() == 5);
  mark();
  const auto marks = worker.outbox.marks(0);
  REQUIRE(marks.size() == 4);
  CHECK(exec("select * from pawl.v1_waiting").size() == 5);
  worker.outbox.take_off(marks);
  CHECK(worker.outbox.marks(0).empty());
  for (const auto& event : events) CHECK(worker.finish(event) == 1);
}

TEST_CASE_METHOD(PostgresFixture, "times that are none stop no claim, and no view of what waits") {
  Worker worker(*this);
  worker.open();
  const auto ids = emit_many(5);
  const std::vector<std::string> times{"infinity", "-infinity", "294276-12-31", "4713-01-01 BC"};
  for (std::size_t index = 0; index < times.size(); ++index)
    exec("update pawl.outbox set created_at = $1::timestamptz where id = $2::uuid", {times[index], ids[index]});
  exec("update pawl.outbox set available_at = '-infinity' where id = $1::uuid", {ids[4]});
  CHECK(value("select pending from pawl.v1_lag") == "5");
  CHECK(exec("select * from pawl.v1_lag").size() == 1);
  const auto events = worker.claim();
  REQUIRE(events.size() == 5);
  for (const auto& event : events) CHECK(worker.finish(event) == 1);
}
