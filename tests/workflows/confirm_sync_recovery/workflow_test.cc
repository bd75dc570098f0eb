// The workflow as the engine drives it: those who were told are found first, then both channels at once.
#include "workflows/confirm_sync_recovery/workflow.h"

#include <catch2/catch.hpp>

#include "engine/runs/run_state.h"
#include "tests/workflows/confirm_sync_recovery/doubles.h"

using namespace pawl::mail;
using namespace pawl::depositlink;
using namespace pawl::confirm_sync_recovery;
using pawl::confirm_sync_recovery::kEventId;
using pawl::confirm_sync_recovery::kOrgId;
using pawl::engine::Execution;
using pawl::engine::RunState;

namespace {

const std::string kOtherEventId = "0b0c0000-0000-4000-8000-0000000000ff";

struct WorkflowFixture {
  MemoryNotifiedUsers directory;
  MemoryInbox inbox;
  MemoryLedger ledger;
  MemoryMailer mailer;
  Channels channels{{inbox, ledger, mailer}, {"alerts@depositlink.example", "DepositLink"}, {}};
  RecoverySteps steps{directory, channels, style_of({"https://app.example.com"}), {}};
  pawl::engine::WorkflowDefinition workflow = definition(steps);

  WorkflowFixture() { directory.outages[kEventId] = {0, {"Acme Lettings", {"adam", "olive"}}}; }

  pawl::engine::StoredRun stored(const std::string& payload = sample_payload().dump()) {
    pawl::engine::StoredRun run;
    run.run = 1;
    run.event = event_of(payload);
    return run;
  }

  // Executes what the run has started, each step for real, as the engine would; the names of what it was.
  std::vector<std::string> go_on(RunState& run) {
    run.advance();
    std::vector<std::string> names;
    for (Execution* execution : std::exchange(run.fresh, {})) {
      names.push_back(execution->step->name() + (execution->key.empty() ? "" : " " + execution->key));
      for (pawl::engine::StepBase* step : workflow.steps)
        if (step == execution->step) step->execute_untyped(std::span<Execution* const>(&execution, 1));
      const auto* failed = std::get_if<pawl::engine::FailedForGood>(&execution->outcome);
      if (failed) execution->error = failed->reason;
      execution->enter(failed ? Execution::Phase::kFailed : Execution::Phase::kSucceeded);
    }
    return names;
  }
  void finish(RunState& run) {
    while (!run.returned()) go_on(run);
  }
};

}  // namespace

TEST_CASE_METHOD(WorkflowFixture, "the workflow is registered by the names that are on disk for ever") {
  CHECK(workflow.name == "confirm-sync-recovery");
  CHECK(workflow.event_type == "pms/connection.sync.recovered");
  REQUIRE(workflow.steps.size() == 3);
  CHECK(workflow.steps[0]->name() == "find-notified");
  CHECK(workflow.steps[1]->name() == "create-in-app");
  CHECK(workflow.steps[2]->name() == "send-email");
}

TEST_CASE_METHOD(WorkflowFixture,
                 "a run made by rerun or requeue confirms the outage of the event that it stands for") {
  pawl::engine::StoredRun rerun = stored();
  rerun.event.id = kOtherEventId;
  rerun.event.lineage = pawl::engine::Lineage{.parent = "parent", .effects_of = kEventId, .stands_for = kEventId};
  RunState run(workflow, rerun);
  finish(run);
  CHECK_FALSE(run.failure);
  REQUIRE(inbox.posted.size() == 1);
  CHECK(inbox.posted[0].user_ids == std::vector<std::string>{"adam", "olive"});
}

TEST_CASE_METHOD(WorkflowFixture, "those who were told are found first, then get a notification and a mail each") {
  RunState run(workflow, stored());
  CHECK(go_on(run) == std::vector<std::string>{"find-notified"});
  CHECK(go_on(run) == std::vector<std::string>{"create-in-app", "send-email adam", "send-email olive"});
  finish(run);
  CHECK_FALSE(run.failure);
  CHECK(run.note.empty());
  REQUIRE(inbox.posted.size() == 1);
  CHECK(inbox.posted[0].effects_id == kEventId);
  CHECK(inbox.posted[0].org_id == kOrgId);
  CHECK(inbox.posted[0].kind == "pms.sync_recovered");
  CHECK(inbox.posted[0].user_ids == std::vector<std::string>{"adam", "olive"});
  REQUIRE(mailer.sent.size() == 2);
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("\r\nSubject: Reapit syncs again - Acme Lettings\r\n") &&
                                       !Catch::Contains("\r\nImportance:"));
}

TEST_CASE_METHOD(WorkflowFixture, "where nobody was told there is nothing to confirm, and the run says so") {
  directory.outages.clear();
  RunState run(workflow, stored());
  finish(run);
  CHECK_FALSE(run.failure);
  CHECK_THAT(run.note, Catch::StartsWith("nothing to confirm: "));
  CHECK(inbox.calls == 0);
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(WorkflowFixture, "accounts with one address get one mail, and a notification each") {
  directory.outages[kEventId] = {0, {"Acme", {"adam", "olive"}, {}, {"Info@acme.example", " info@ACME.example"}}};
  RunState run(workflow, stored());
  finish(run);
  CHECK(mailer.sent.size() == 1);
  CHECK(inbox.posted.at(0).user_ids.size() == 2);
}

TEST_CASE_METHOD(WorkflowFixture,
                 "who is refused, and who may not be mailed any more, is named, after everybody else was told") {
  mailer.answers["adam@example.com"] = {Delivery::kRejected, "550 no such user"};
  ledger.demoted = {"olive"};
  RunState run(workflow, stored());
  finish(run);
  CHECK(run.failure);
  CHECK(run.note == "no mail to olive: no longer told");
  CHECK(inbox.posted.size() == 1);
}

TEST_CASE_METHOD(WorkflowFixture, "a payload that is not what the workflow needs fails the run before any step") {
  RunState run(workflow, stored("{}"));
  CHECK(go_on(run).empty());
  CHECK(run.returned());
  CHECK(run.failure);
}

TEST_CASE_METHOD(WorkflowFixture,
                 "while runs of the outage's failures have not ended, who was told is asked again and again") {
  directory.outages[kEventId].unfinished = 2;
  directory.outages[kOtherEventId] = {0, {"Other\r\nname", {"oscar"}, {}, {"oscar@other.example"}}};
  StepCall<Outage, Recipients> call(steps.find_notified);
  call.add({kEventId, kOrgId});
  call.add({kOtherEventId, kOrgId}, kOtherEventId);
  call.execute();
  CHECK(directory.calls == 1);
  const auto* waits = std::get_if<pawl::engine::FailedForNow>(&call.outcome(0));
  REQUIRE(waits);
  CHECK_THAT(waits->reason, Catch::StartsWith("2 of the outage's failures may still be told"));
  CHECK(call.output(1).user_ids == std::vector<std::string>{"oscar"});
  CHECK(call.output(1).org_name == "Other name");
  CHECK(call.output(1).emails.empty());
  const pawl::engine::RetryPolicy& retry = steps.find_notified.options().retry;
  CHECK(retry.max_attempts == 0);
  CHECK(retry.give_up_after == pawl::engine::Duration{0});
  CHECK(retry.longest == std::chrono::minutes{1});
}
