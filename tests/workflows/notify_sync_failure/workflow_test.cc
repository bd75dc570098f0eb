// The workflow as the engine drives it: resolve first, then both channels at once, independent of each other.
#include "workflows/notify_sync_failure/workflow.h"

#include <catch2/catch.hpp>

#include "tests/workflows/notify_sync_failure/doubles.h"

using namespace pawl::mail;
using namespace pawl::notify_sync_failure;
using pawl::engine::Execution;

namespace {

struct WorkflowFixture {
  MemoryDirectory directory;
  MemoryInbox inbox;
  MemoryLedger ledger;
  MemoryMailer mailer;
  Channels channels{{inbox, ledger, mailer}, {"alerts@depositlink.example", "DepositLink"}, {}};
  SyncFailureSteps steps{directory, channels, style_of({"https://app.example.com"}), {}};
  pawl::engine::WorkflowDefinition workflow = definition(steps);
  std::vector<Execution*> started;  // as long as their run lives

  WorkflowFixture() { directory.organisations[kOrgId] = {"Acme Lettings", {"adam", "olive"}}; }

  void finish(pawl::engine::RunState& run);

  pawl::engine::StoredRun stored(const std::string& payload = sample_payload().dump()) {
    pawl::engine::StoredRun run;
    run.run = 1;
    run.event = event_of(payload);
    return run;
  }
};

std::vector<std::string> names_of(const std::vector<Execution*>& executions) {
  std::vector<std::string> names;
  for (const Execution* execution : executions)
    names.push_back(execution->step->name() + (execution->key.empty() ? "" : " " + execution->key));
  return names;
}

// Executes one started step for real and gives it the phase that the engine would.
void execute(WorkflowFixture& fixture, Execution& execution) {
  for (pawl::engine::StepBase* step : fixture.workflow.steps) {
    if (step != execution.step) continue;
    Execution* const batch[] = {&execution};
    step->execute_untyped(batch);
  }
  const auto* failed = std::get_if<pawl::engine::FailedForGood>(&execution.outcome);
  if (failed) execution.error = failed->reason;
  execution.enter(failed ? Execution::Phase::kFailed : Execution::Phase::kSucceeded);
}

void execute_fresh(WorkflowFixture& fixture, pawl::engine::RunState& run) {
  const std::vector<Execution*> fresh = std::exchange(run.fresh, {});
  fixture.started.insert(fixture.started.end(), fresh.begin(), fresh.end());
  for (Execution* execution : fresh) execute(fixture, *execution);
}

void WorkflowFixture::finish(pawl::engine::RunState& run) {
  while (!run.returned()) {
    run.advance();
    execute_fresh(*this, run);
  }
}

}  // namespace

TEST_CASE_METHOD(WorkflowFixture, "the workflow is registered by the names that are on disk for ever") {
  CHECK(workflow.name == "notify-sync-failure");
  CHECK(workflow.event_type == "pms/connection.sync.failed");
  REQUIRE(workflow.steps.size() == 3);
  CHECK(workflow.steps[0]->name() == "resolve-recipients");
  CHECK(workflow.steps[1]->name() == "create-in-app");
  CHECK(workflow.steps[2]->name() == "send-email");
}

TEST_CASE_METHOD(
    WorkflowFixture,
    "the steps have the retry policies of the design, and mails go as many at once as the mailer is wide") {
  using namespace std::chrono_literals;
  for (const auto* step : {workflow.steps[0], workflow.steps[1]}) {
    CHECK(step->options().retry.first == 1s);
    CHECK(step->options().retry.longest == 1min);
    CHECK(step->options().retry.max_attempts == 20);
  }
  const auto& mail = workflow.steps[2]->options();
  CHECK(mail.retry.first == 5s);
  CHECK(mail.retry.longest == 30min);
  CHECK(mail.retry.max_attempts == 0);
  CHECK(mail.retry.give_up_after == 24h);
  CHECK(mail.retry.full_jitter);
  CHECK(mail.parallelism == 1);
  CHECK(mail.batch_max == 4);
}

TEST_CASE_METHOD(WorkflowFixture,
                 "mails go out in as many calls as the mailer is worth, in batches and at the rate the options say") {
  const ChannelOptions options{.create_in_app = {},
                               .send_email = {.retry = kMailRetry, .batch_max = 2, .parallelism = 8, .rate = 14}};
  const Channels other({inbox, ledger, mailer}, {"alerts@depositlink.example", ""}, options);
  CHECK(other.send_email.options().parallelism == 1);  // MemoryMailer says so.
  CHECK(other.send_email.options().batch_max == 2);
  CHECK(other.send_email.options().rate == 14);
}

TEST_CASE_METHOD(WorkflowFixture,
                 "recipients are resolved first, then both channels start at once, a mail a recipient") {
  pawl::engine::RunState run(workflow, stored());
  run.advance();
  CHECK(names_of(run.fresh) == std::vector<std::string>{"resolve-recipients"});
  execute_fresh(*this, run);
  REQUIRE(run.can_advance());
  run.advance();
  CHECK(names_of(run.fresh) == std::vector<std::string>{"create-in-app", "send-email adam", "send-email olive"});
  execute_fresh(*this, run);
  run.advance();
  REQUIRE(run.returned());
  CHECK(failure_reason(run).empty());
}

TEST_CASE_METHOD(WorkflowFixture,
                 "owners and admins of the organisation are told on both channels, and nobody else is") {
  directory.organisations["0a0c0000-0000-4000-8000-0000000000ff"] = {"Other", {"mallory"}};
  pawl::engine::RunState run(workflow, stored());
  while (!run.returned()) {
    run.advance();
    execute_fresh(*this, run);
  }
  CHECK(directory.asked == std::vector<std::string>{kOrgId});
  REQUIRE(inbox.posted.size() == 1);
  CHECK(inbox.posted[0].user_ids == std::vector<std::string>{"adam", "olive"});
  REQUIRE(mailer.sent.size() == 2);
  CHECK(mailer.sent[0].to == "adam@example.com");
  CHECK(mailer.sent[1].to == "olive@example.com");
}

TEST_CASE_METHOD(WorkflowFixture, "one refused recipient fails the run by name, after everyone else was told") {
  mailer.answers["adam@example.com"] = {pawl::mail::Delivery::kRejected, "550 no such user"};
  pawl::engine::RunState run(workflow, stored());
  while (!run.returned()) {
    run.advance();
    execute_fresh(*this, run);
  }
  CHECK(failure_reason(run) == "send-email (adam): rejected: 550 no such user");
  CHECK(inbox.posted.size() == 1);
  CHECK(mailer.sent.size() == 2);
}

TEST_CASE_METHOD(WorkflowFixture, "an organisation without recipients ends done, with no notification and no mail") {
  directory.organisations.clear();
  pawl::engine::RunState run(workflow, stored());
  while (!run.returned()) {
    run.advance();
    execute_fresh(*this, run);
  }
  CHECK(failure_reason(run).empty());
  CHECK(run.note == "nobody told: the organisation has no owner or admin");
  CHECK(inbox.calls == 0);
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(WorkflowFixture,
                 "notifications that the application keeps out in silence are noted, and the mails go") {
  const auto [refused, note] = GENERATE(std::pair<std::size_t, std::string>{2, "nobody told in the app: who has no"},
                                        std::pair<std::size_t, std::string>{1, "told in the app: 1 of 2: who has no"},
                                        std::pair<std::size_t, std::string>{0, ""});
  inbox.refused = refused;
  pawl::engine::RunState run(workflow, stored());
  finish(run);
  CHECK(failure_reason(run).empty());
  CHECK(run.note.substr(0, note.size()) == note);
  CHECK(run.note.empty() == (refused == 0));
  CHECK(mailer.sent.size() == 2);
}

TEST_CASE_METHOD(WorkflowFixture, "accounts with one address get one mail, and a notification each") {
  directory.organisations[kOrgId] = {
      "Acme Lettings",
      {"adam", "bea", "carl", "olive"},
      {},
      {"Info@ACME.example", " info@acme.example", "carl@acme.example", "info@acme.example"}};
  ledger.emails = {{"adam", "Info@ACME.example"}};
  pawl::engine::RunState run(workflow, stored());
  finish(run);
  CHECK(names_of(started) ==
        std::vector<std::string>{"resolve-recipients", "create-in-app", "send-email adam", "send-email carl"});
  REQUIRE(mailer.sent.size() == 2);
  CHECK(mailer.sent[0].to == "Info@ACME.example");
  CHECK(inbox.posted.at(0).user_ids.size() == 4);
  CHECK(run.note.empty());
}

TEST_CASE_METHOD(WorkflowFixture,
                 "a mail's domain is known before it is tried, and unknown where a checkpoint does not tell") {
  directory.organisations[kOrgId] = {
      "Acme Lettings", {"adam", "bea", "olive"}, {}, {"Adam@ACME.example", "nobody", "olive@b\u00fccher.test "}};
  const auto destinations = [](const pawl::engine::RunState& run) {
    std::vector<std::string> found;
    for (const auto& [name, execution] : run.executions)
      if (execution->step->name() == "send-email") found.push_back(execution->step->destination_of(*execution));
    return found;
  };
  pawl::engine::RunState run(workflow, stored());
  finish(run);
  CHECK(destinations(run) == std::vector<std::string>{"acme.example", "", "xn--bcher-kva.test"});

  directory.organisations[kOrgId].emails = {"adam@b.test", "bea@acme.example", "olive@acme.example"};
  pawl::engine::RunState colleagues(workflow, stored());
  finish(colleagues);
  CHECK(destinations(colleagues) == std::vector<std::string>{"b.test", "acme.example", "acme.example"});

  pawl::engine::StoredRun old = stored();
  old.steps.push_back({.step = {"resolve-recipients", ""},
                       .attempt = 1,
                       .result = R"({"org_name":"Acme Lettings","user_ids":["adam","olive"]})"});
  pawl::engine::RunState taken_up(workflow, old);
  finish(taken_up);
  CHECK(destinations(taken_up) == std::vector<std::string>{"", ""});
}

TEST_CASE_METHOD(
    WorkflowFixture,
    "the mail to a shared address goes out while any of its accounts may get it, and says so if none may") {
  directory.organisations[kOrgId] = {
      "Acme Lettings", {"adam", "bea", "olive"}, {}, std::vector<std::string>(3, "info@acme.example")};
  ledger.emails = {{"olive", "info@acme.example"}};
  ledger.demoted = {"adam", "bea"};
  {
    pawl::engine::RunState run(workflow, stored());
    finish(run);
    REQUIRE(mailer.sent.size() == 1);
    CHECK(mailer.sent[0].to == "info@acme.example");
    CHECK(ledger.row("olive").state == "accepted");
    for (const LedgerRequest& asked : ledger.asked) CHECK(asked.message_id == ledger.asked[0].message_id);
    CHECK(run.note.empty());
  }
  ledger.demoted.insert("olive");
  pawl::engine::RunState run(workflow, stored());
  finish(run);
  CHECK(mailer.sent.size() == 1);
  CHECK(run.note == "no mail to adam: no longer told");
}

TEST_CASE_METHOD(WorkflowFixture,
                 "a run that fails notes whom it did not mail as well, and of those only whose mail is no failure") {
  directory.organisations[kOrgId] = {"Acme Lettings", {"adam", "bea", "olive"}};
  ledger.demoted = {"adam"};
  mailer.answers["bea@example.com"] = {pawl::mail::Delivery::kRejected, "550 no such user"};
  pawl::engine::RunState run(workflow, stored());
  finish(run);
  CHECK(run.failure);
  CHECK(run.note == "no mail to adam: no longer told");
}

TEST_CASE_METHOD(WorkflowFixture,
                 "what has no usable address shares no mailbox, and a run that ends done notes whom it did not mail") {
  directory.organisations[kOrgId] = {"Acme Lettings", {"adam", "bea", "olive"}, {}, {"", "", "olive@example.com"}};
  ledger.emails = {{"adam", ""}, {"bea", ""}};
  pawl::engine::RunState run(workflow, stored());
  finish(run);
  CHECK(mailer.sent.size() == 1);
  CHECK_THAT(run.note,
             Catch::StartsWith("no mail to adam: not sent: ") && Catch::Contains("; no mail to bea: not sent: "));
}

TEST_CASE_METHOD(WorkflowFixture, "a payload that is not what the workflow needs fails the run before any step") {
  pawl::engine::RunState run(workflow, stored("{}"));
  run.advance();
  CHECK(run.returned());
  CHECK(run.executions.empty());
  CHECK(failure_reason(run) ==
        "payload.connection_id: expected a UUID string, got nothing; payload.sync_log_id: expected a UUID string, got "
        "nothing; payload.org_id: expected a UUID string, got nothing; payload.provider: expected a non-empty string, "
        "got "
        "nothing; payload.occurred_at: expected an RFC 3339 time, got nothing");
}

TEST_CASE_METHOD(WorkflowFixture, "a run taken up from its checkpoints starts only what is missing") {
  auto history = stored();
  history.steps.push_back({.run = 1,
                           .step = {"resolve-recipients", ""},
                           .result = to_checkpoint(Recipients{"Acme Lettings", {"adam", "olive"}})});
  history.steps.push_back({.run = 1, .step = {"create-in-app", ""}, .result = R"({"rows": 2})"});
  history.steps.push_back(
      {.run = 1, .step = {"send-email", "adam"}, .result = R"({"state": "accepted", "detail": "250 ok"})"});
  pawl::engine::RunState run(workflow, history);
  do run.advance();
  while (run.can_advance());
  CHECK(names_of(run.fresh) == std::vector<std::string>{"send-email olive"});
  CHECK(directory.asked.empty());
}

TEST_CASE_METHOD(WorkflowFixture, "a mail written in another process, later, has the same bytes") {
  pawl::engine::RunState run(workflow, stored());
  pawl::engine::RunState again(workflow, stored());
  for (pawl::engine::RunState* each : {&run, &again}) {
    ledger.rows.clear();
    while (!each->returned()) {
      each->advance();
      execute_fresh(*this, *each);
    }
  }
  REQUIRE(mailer.sent.size() == 4);
  CHECK(mailer.sent[0].bytes == mailer.sent[2].bytes);
  CHECK(mailer.sent[1].bytes == mailer.sent[3].bytes);
}

TEST_CASE_METHOD(WorkflowFixture, "an unusable base URL or sender is refused before anything runs") {
  CHECK_THROWS_AS(style_of({"app.example.com"}), pawl::engine::RefusedError);
  CHECK_THROWS_AS(Channels({inbox, ledger, mailer}, {"alerts", ""}, {}), pawl::engine::RefusedError);
}
