// Several workflows for one type of event: a row, a lease and an end for each.
#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "storage/schema/registered_workflows.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct SeveralWorkflowsFixture : PostgresFixture {
  const std::vector<std::string> both{"handle-test-event", "log-test-event"};
  Worker worker{*this};

  SeveralWorkflowsFixture() {
    worker.open();
    add("log-test-event");
  }
  void add(const std::string& workflow, const std::string& type = "test/event") {
    exec("select pawl.add_workflow($1, $2)", {type, workflow});
  }
  std::string further_id(const std::string& event) {
    return value("select pawl.run_id($1::uuid, 'log-test-event')", {event});
  }
  engine::Event claim_one_of(const std::string& workflow) { return worker.claim_of({workflow}).at(0); }
  /// As `WORKFLOW STATUS RESUMES`, in the order of the workflows' names.
  Table runs() { return exec("select workflow, status, resumes from pawl.v1_events order by workflow, position"); }
};

std::vector<std::string> ids_of(const std::vector<engine::Event>& events) {
  std::vector<std::string> ids;
  for (const engine::Event& event : events) ids.push_back(event.id);
  return ids;
}

}  // namespace

TEST_CASE_METHOD(PostgresFixture, "with one workflow of its type an event is one row, whose id is the event's") {
  const std::string id = emit();
  CHECK(exec("select id, event, workflow from pawl.outbox") == Table{{id, "", "handle-test-event"}});
  CHECK(exec("select event_id, run_id from pawl.v1_events") == Table{{id, id}});
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "an event is written with a row for each workflow of its type, beside each other") {
  const std::string id = value(
      "select pawl.emit('test/event', 'thing', '7', '{\"org_id\": \"acme\", \"n\": 1}',"
      " '01940000-0000-7000-8000-000000000001')");
  const std::string further = further_id(id);
  CHECK(further.substr(0, 18) == id.substr(0, 18));
  CHECK(exec("select id, event, workflow from pawl.outbox order by position") ==
        Table{{id, "", both[0]}, {further, id, both[1]}});
  CHECK(exec("select count(distinct (type, aggregatetype, aggregateid, payload, headers, created_at, available_at)),"
             " min(headers->>'tenant') from pawl.outbox") == Table{{"1", "acme"}});
  const auto events = worker.claim_of(both);
  REQUIRE(ids_of(events) == std::vector{id, further});
  CHECK(events[0].workflow == both[0]);
  CHECK(events[0].further_run_of.empty());
  CHECK(events[1].workflow == both[1]);
  CHECK(event_id(events[1]) == id);
  CHECK(events[1].payload == events[0].payload);
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "a worker claims the runs of its own workflows, and leaves those of others as they are") {
  const std::string id = emit();
  CHECK(ids_of(worker.claim_of({both[1]})) == std::vector{further_id(id)});
  CHECK(worker.claim_of({both[1]}).empty());
  CHECK(exec("select lease_epoch is null, deliveries from pawl.outbox where workflow = $1", {both[0]}) ==
        Table{{"t", "0"}});
  Worker other(*this);
  other.open();
  CHECK(ids_of(other.claim_of({both[0]})) == std::vector{id});
}

TEST_CASE_METHOD(SeveralWorkflowsFixture, "each run of an event has a lease, deliveries and an end of its own") {
  const std::string id = emit();
  Worker other(*this);
  other.open();
  const auto event = claim_one_of(both[0]);
  REQUIRE(other.claim_of({both[1]}).size() == 1);
  other.expire();
  const auto again = [&] {
    const auto events = worker.claim_of(both);
    return events.size() == 1 && events[0].workflow == both[1] && events[0].deliveries == 2;
  };
  CHECK(eventually(again));
  CHECK(worker.finish(event, engine::RunStatus::kFailed, "bad payload") == 1);
  CHECK(runs() == Table{{both[0], "failed", "0"}, {both[1], "leased", "0"}});
  const auto position = value("select position from pawl.outbox");
  const engine::FinishedEvent end{std::stoll(position), further_id(id), engine::RunStatus::kDone, ""};
  CHECK(worker.outbox.finish({&end, 1}) == 1);
  CHECK(exec("select id, event, workflow, status, deliveries from pawl.outbox_archive order by workflow") ==
        Table{{id, "", both[0], "failed", "1"}, {further_id(id), id, both[1], "done", "2"}});
}

TEST_CASE_METHOD(SeveralWorkflowsFixture, "an event's id is taken once, whatever has become of its runs") {
  const std::string id = Worker::new_store();
  const auto emit_it = [&] {
    exec("select pawl.emit('test/event', 'thing', '1', '{}', $1::uuid)", {id});
    CHECK(value("select string_agg(workflow, ' ' order by workflow) from pawl.v1_events") == both[0] + " " + both[1]);
  };
  emit_it();
  emit_it();
  const auto events = worker.claim_of(both);
  REQUIRE(events.size() == 2);
  emit_it();
  const std::size_t first = GENERATE(0, 1);
  worker.finish(events[first]);
  emit_it();
  worker.finish(events[1 - first]);
  emit_it();
  CHECK(value("select count(*) from pawl.outbox") == "0");
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "of an event the failed runs go on, or the one of a workflow, and no others") {
  const std::string id = emit();
  const auto resume = [&](const std::string& named) {
    std::vector<std::string> outcomes;
    for (const auto& outcome : storage::resume_events(conninfo, {{named}, "operator", "", 0}))
      outcomes.push_back(outcome.run_id + (outcome.resumed ? " resumed" : " " + outcome.detail));
    return outcomes;
  };
  for (const auto& event : worker.claim_of(both))
    worker.finish(event, event.workflow == both[1] ? engine::RunStatus::kFailed : engine::RunStatus::kDone, "said");
  const std::string further = further_id(id);
  CHECK(resume(id + "/" + both[0]) == std::vector<std::string>{id + " not failed: it is done"});
  CHECK(resume(id + "/no-such-workflow") == std::vector<std::string>{id + " not found"});
  CHECK(resume(id) == std::vector<std::string>{further + " resumed"});
  CHECK(runs() == Table{{both[0], "done", "0"}, {both[1], "pending", "1"}});
  CHECK(exec("select id, event from pawl.outbox") == Table{{further, id}});
  const auto fail_again = [&] {
    const auto resumed = [&] {
      const auto events = worker.claim_of(both);
      return events.size() == 1 && worker.finish(events[0], engine::RunStatus::kFailed, "again") == 1;
    };
    REQUIRE(eventually(resumed));
  };
  fail_again();
  CHECK(resume(further) == std::vector<std::string>{further + " resumed"});
  fail_again();
  CHECK(resume(id + "/" + both[1]) == std::vector<std::string>{further + " resumed"});
  CHECK(value("select string_agg(outcome, ', ' order by id) from pawl.commands where verb = 'resume'") ==
        "not failed: it is done, not found, not failed: it is done, resumed, resumed, resumed");
}

TEST_CASE_METHOD(SeveralWorkflowsFixture, "in SQL an event's id means all of its runs, with a workflow that of it") {
  const std::string id = emit();
  for (const auto& event : worker.claim_of(both)) worker.finish(event, engine::RunStatus::kFailed, "said");
  CHECK(value("select pawl.dismiss($1::uuid, 'known', 'me', workflow => 'log-test-event')", {id}) == "dismissed");
  CHECK(runs() == Table{{both[0], "failed", "0"}, {both[1], "dismissed", "0"}});
  CHECK(value("select pawl.dismiss($1::uuid, 'known', 'me', workflow => 'log-test-event')", {id}) ==
        "not failed: it is dismissed");
  CHECK(value("select pawl.resume($1::uuid, 'me', workflow => 'nothing')", {id}) == "not found");
  CHECK(value("select pawl.resume($1::uuid, 'me')", {id}) == "resumed");
  CHECK(runs() == Table{{both[0], "pending", "1"}, {both[1], "dismissed", "0"}});
  CHECK(value("select pawl.resume($1::uuid, 'me')", {id}) ==
        "not failed: it is dismissed; not finished: it is in the outbox");
  CHECK(exec("select run_id, event_id, run_of from pawl.runs_of($1::uuid)", {id}) ==
        Table{{id, id, both[0]}, {further_id(id), id, both[1]}});
}

TEST_CASE_METHOD(SeveralWorkflowsFixture, "an event names its runs, a further run itself, and what is unknown none") {
  const std::string id = emit();
  const std::string further = further_id(id);
  const auto runs_of = [&](const std::vector<std::string>& named) {
    std::vector<std::string> runs;
    for (const engine::RunName& run : storage::runs_of(conninfo, named))
      runs.push_back(run.run_id + " " + run.event_id + " " + run.workflow);
    return runs;
  };
  const std::string first_run = id + " " + id + " " + both[0], second_run = further + " " + id + " " + both[1];
  CHECK(runs_of({id}) == std::vector{first_run, second_run});
  CHECK(runs_of({further, id + "/" + both[0]}) == std::vector{second_run, first_run});
  CHECK(runs_of({id + "/unknown", Worker::new_store()}).empty());
}

TEST_CASE_METHOD(SeveralWorkflowsFixture, "a batch of one workflow's failed runs leaves the event's other runs alone") {
  emit();
  for (const auto& event : worker.claim_of(both)) worker.finish(event, engine::RunStatus::kFailed, "said");
  exec("select pawl.make_batch('resume', jsonb_build_object('workflow', $1::text), 'operator')", {both[0]});
  exec("select pawl.work_on_batches()");
  CHECK(value("select string_agg(workflow, ' ') from pawl.outbox") == both[0]);
  CHECK(value("select string_agg(workflow, ' ') from pawl.outbox_archive where status = 'failed'") == both[1]);
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "a workflow that is added later gets the events that are emitted from then on") {
  const std::string pending = emit();
  const std::string claimed = emit();
  REQUIRE(worker.claim_of({both[0]}, 1).size() == 1);
  add("count-test-event");
  const std::string after = emit();
  const auto claimed_of_new = worker.claim_of({"count-test-event"});
  REQUIRE(claimed_of_new.size() == 1);
  CHECK(event_id(claimed_of_new[0]) == after);
  CHECK(value("select count(*) from pawl.outbox") == "7");
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "an event without a workflow waits, says so, and gets all that are registered for it then") {
  const std::string id = emit("test/unheard-of");
  CHECK(worker.claim_of(both).empty());
  CHECK(exec("select workflow, status, left(reason, 27) from pawl.v1_events") ==
        Table{{"", "pending", "no workflow of its type is "}});
  add("hear-event", "test/unheard-of");
  add("write-event", "test/unheard-of");
  std::vector<engine::Event> events;
  CHECK(eventually([&] {
    for (auto& event : worker.claim_of({"hear-event", "write-event"})) events.push_back(std::move(event));
    return events.size() >= 2;
  }));
  REQUIRE(events.size() == 2);
  CHECK(events[0].id == id);
  CHECK(events[1].id == value("select pawl.run_id($1::uuid, 'write-event')", {id}));
  CHECK(event_id(events[1]) == id);
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "two workers that find events without a workflow make one run each of every event") {
  emit_many(300, "test/unheard-of");
  add("hear-event", "test/unheard-of");
  add("write-event", "test/unheard-of");
  Worker other(*this);
  other.open();
  const auto claim_all = [](Worker& of, const std::string& workflow) {
    std::size_t claimed = 0;
    eventually([&] { return (claimed += of.claim_of({workflow}, 400).size()) >= 300; });
    return claimed;
  };
  std::size_t heard = 0;
  std::thread hearing([&] { heard = claim_all(other, "hear-event"); });
  const std::size_t written = claim_all(worker, "write-event");
  hearing.join();
  CHECK(heard == 300);
  CHECK(written == 300);
  CHECK(value("select count(*) from pawl.outbox") == "600");
  CHECK(value("select count(distinct coalesce(event, id)) from pawl.outbox") == "300");
}

TEST_CASE_METHOD(SeveralWorkflowsFixture,
                 "a worker is refused while a workflow of its is not registered, or is another type's") {
  CHECK_NOTHROW(require_workflows(conninfo, {{"test/event", both[0]}, {"test/event", both[1]}}));
  CHECK_THROWS_WITH(require_workflows(conninfo, {{"test/event", "no-such-workflow"}}),
                    Catch::Contains("no-such-workflow") && Catch::Contains("run `pawl migrate`"));
  CHECK_THROWS_WITH(require_workflows(conninfo, {{"test/other", both[0]}}),
                    Catch::Contains("registered for events of type test/event"));
  CHECK_THROWS_WITH(exec("select pawl.add_workflow('test/other', $1)", {both[0]}), Catch::Contains("test/event"));
  CHECK(value("select pawl.add_workflow('test/event', $1)", {both[0]}) == "f");
}

TEST_CASE_METHOD(SeveralWorkflowsFixture, "what was a workflow's first is another's when an operator removes it") {
  const std::string before = emit();
  exec("delete from pawl.workflows where workflow = $1", {both[0]});
  const std::string after = emit();
  CHECK(exec("select id, event, workflow from pawl.outbox order by position") ==
        Table{{before, "", both[0]}, {further_id(before), before, both[1]}, {after, "", both[1]}});
  exec("select pawl.emit('test/event', 'thing', '1', '{}', $1::uuid)", {before});
  CHECK(value("select count(*) from pawl.outbox") == "3");
}
