// Executes batches: first what is wrong with the whole call, then item by item.
#include "tests/simulation/steps.h"

#include "engine/authoring/errors.h"
#include "engine/authoring/run.h"

namespace pawl::simulation {

namespace {

using AskBatch = engine::Batch<Ask, std::string>;
using AskItem = engine::Item<Ask, std::string>;

class SimulatedStep : public engine::Step<Ask, std::string> {
 public:
  SimulatedStep(Site& site, const StepPlan& plan)
      : Step(plan.name, plan.options), site_(site), outside_(site.outside), world_(site.outside.world), plan_(plan) {}

  std::string key(const Ask& ask) const override { return ask.key; }

  void execute(AskBatch& batch) override {
    site_.lanes->require_alive();
    if (!site_.clock_stood_still && outside_.postgres.lease_was_over(site_.epoch(), site_.lanes->asked_at()))
      world_.broken("F12: " + site_.process + " started " + name() + " after its lease had expired");
    for (AskItem& item : batch)
      outside_.oracle.executing(*site_.store, item.effects_id(), plan_, item.key(), item.attempt(),
                                site_.lanes->asked_at());
    fail_as_service();
    if (world_.strike(Fault::kStuckCall, site_.process, name()))
      site_.lanes->take(world_.random.duration(std::chrono::seconds{30}, std::chrono::minutes{20}));
    for (AskItem& item : batch) do_harm(item);
    try {
      perform(batch);
    } catch (const engine::PermanentError&) {
      blame_last(batch, true);
      throw;
    } catch (const std::runtime_error& error) {
      if (!dynamic_cast<const engine::Error*>(&error)) blame_last(batch, false);
      throw;
    }
  }

 protected:
  virtual void perform(AskBatch& batch) = 0;

  EffectKey effect_of(const AskItem& item) const { return effect_key(item.effects_id(), name(), item.key()); }
  bool fated(Fault fault, const AskItem& item) const { return outside_.workload.fated(fault, effect_of(item)); }
  void succeed(AskItem& item) { item.succeed(answer_to(name(), item.input())); }

  /// An item's own ways to fail; true when it did.
  bool fails(AskItem& item) {
    const EffectKey effect = effect_of(item);
    if (fated(Fault::kPoisonThrows, item)) {
      world_.struck(Fault::kPoisonThrows, site_.process, effect);
      throw std::runtime_error("poison");
    }
    if (world_.strike(Fault::kBatchThrows, site_.process, effect)) {
      if (world_.random.chance(0.1)) throw engine::PermanentError("cannot be done");
      throw std::runtime_error("a batch threw");
    }
    if (fated(Fault::kPermanentFailure, item)) return refuse(item, Fault::kPermanentFailure, "550 no such user");
    if (world_.strike(Fault::kStepForgetsItem, site_.process, effect))
      return outside_.oracle.attempt_failed(effect), true;
    if (world_.strike(Fault::kAttemptFails, site_.process, effect)) return retry(item, "451 not now");
    return false;
  }
  bool retry(AskItem& item, const std::string& why) {
    outside_.oracle.attempt_failed(effect_of(item));
    item.retry(why);
    return true;
  }
  bool refuse(AskItem& item, Fault fault, const std::string& why) {
    world_.struck(fault, site_.process, effect_of(item));
    outside_.oracle.failed_for_good(effect_of(item));
    item.fail(why);
    return true;
  }

  Site& site_;
  Outside& outside_;
  World& world_;
  const StepPlan& plan_;

 private:
  void fail_as_service() {
    if (outside_.down_until[name()] > world_.now) throw engine::UnavailableError(name() + ": connection refused");
    if (outside_.refuses_until[name()] > world_.now) throw engine::RefusedError(name() + ": permission denied");
  }
  // a poison event does its harm in one step, whatever is beside it
  void do_harm(const AskItem& item) {
    const std::string& event = item.effects_id();
    if (outside_.workload.poisoned_step(event) != name()) return;
    if (outside_.workload.crashes(event)) {
      world_.struck(Fault::kPoisonCrashes, site_.process, event);
      site_.lanes->kill(Fault::kPoisonCrashes);
    }
    if (outside_.workload.hangs(event)) {
      world_.struck(Fault::kPoisonHangs, site_.process, event);
      site_.lanes->take(TimedLanes::kForEver);
    }
  }
  // whoever is alone when a call throws has failed; beside others nobody has
  void blame_last(AskBatch& batch, bool for_good) {
    AskItem* last = nullptr;
    for (AskItem& item : batch) {
      if (item.settled()) continue;
      if (last) return;
      last = &item;
    }
    if (!last) return;
    outside_.oracle.attempt_failed(effect_of(*last));
    if (for_good) outside_.oracle.failed_for_good(effect_of(*last));
  }
};

class ReadStep final : public SimulatedStep {
  using SimulatedStep::SimulatedStep;
  void perform(AskBatch& batch) override {
    for (AskItem& item : batch)
      if (!fails(item)) succeed(item);
  }
};

class PostStep final : public SimulatedStep {
  using SimulatedStep::SimulatedStep;
  void perform(AskBatch& batch) override {
    for (AskItem& item : batch) {
      if (fails(item)) continue;
      outside_.postgres.require(site_.epoch());
      outside_.postgres.in_app.insert(effect_of(item));
      succeed(item);
    }
  }
};

// Claims, sends and records, as the real one does.
class MailStep final : public SimulatedStep {
  using SimulatedStep::SimulatedStep;
  void perform(AskBatch& batch) override {
    const std::int64_t call = outside_.ledger.new_claim();
    std::vector<AskItem*> cleared;
    for (AskItem& item : batch)
      if (!fails(item) && claim(item, call)) cleared.push_back(&item);
    ledger_reply_may_be_lost();
    trouble();
    std::vector<Sent> sent;
    for (AskItem* item : cleared) sent.push_back(send(*item));
    trouble();
    for (std::size_t i = 0; i < cleared.size(); ++i)
      outside_.ledger.settle(site_.epoch(), effect_of(*cleared[i]), sent[i].state);
    ledger_reply_may_be_lost();
    for (std::size_t i = 0; i < cleared.size(); ++i) settle(*cleared[i], sent[i]);
  }

  struct Sent {
    MailState state;
    bool refused = false;
  };

  bool claim(AskItem& item, std::int64_t call) {
    const bool fit = !fated(Fault::kUnfitRecipient, item);
    if (!fit) world_.struck(Fault::kUnfitRecipient, site_.process, effect_of(item));
    switch (outside_.ledger.claim(site_.epoch(), call, effect_of(item), fit)) {
      case Clearance::kCleared:
        return true;
      case Clearance::kAccepted:
      case Clearance::kSuppressed:
        return item.skip(answer_to(name(), item.input())), false;
      case Clearance::kHeld:
        outside_.oracle.failed_for_good(effect_of(item));
        return item.fail("in doubt: held for an operator"), false;
    }
    return false;
  }
  void ledger_reply_may_be_lost() {
    if (world_.strike(Fault::kLedgerReplyLost, site_.process))
      throw engine::UnavailableError("the ledger's reply was lost");
  }
  void trouble() {
    if (world_.strike(Fault::kCrashInsideMail, site_.process)) site_.lanes->kill(Fault::kCrashInsideMail);
    if (world_.strike(Fault::kPauseInsideMail, site_.process)) site_.interlude();
  }
  Sent send(const AskItem& item) {
    const EffectKey effect = effect_of(item);
    if (world_.strike(Fault::kMailDeferred, site_.process, effect)) return {MailState::kDeferred};
    if (world_.strike(Fault::kMailRefused, site_.process, effect)) return {MailState::kDeferred, true};
    const bool in_doubt = world_.strike(Fault::kMailInDoubt, site_.process, effect);
    if (in_doubt && world_.random.chance(0.5)) return {MailState::kInDoubt};
    ++outside_.relay.copies[effect];
    outside_.oracle.mailed(effect);
    return {in_doubt ? MailState::kInDoubt : MailState::kAccepted};
  }
  // An event is a subject of its own, so that three events pause the step.
  void settle(AskItem& item, const Sent& sent) {
    if (sent.refused) {
      const bool names_account = world_.random.chance(0.5);
      outside_.oracle.attempt_failed(effect_of(item));
      if (!names_account) outside_.oracle.failed_for_good(effect_of(item));  // as it may be, compared with others
      return item.refuse("554 5.7.1 no", item.effects_id(), names_account);
    }
    if (sent.state == MailState::kAccepted)
      succeed(item);
    else
      retry(item, sent.state == MailState::kInDoubt ? "in doubt: no reply to the final dot" : "451 greylisted");
  }
};

std::unique_ptr<SimulatedStep> make_step(Site& site, const StepPlan& plan) {
  switch (plan.kind) {
    case StepKind::kRead:
      return std::make_unique<ReadStep>(site, plan);
    case StepKind::kPost:
      return std::make_unique<PostStep>(site, plan);
    case StepKind::kMail:
      return std::make_unique<MailStep>(site, plan);
  }
  return nullptr;
}

}  // namespace

std::string answer_to(const std::string& step, const Ask& ask) { return step + " did " + ask.event + " " + ask.key; }

struct Code::Compiled {
  const WorkflowPlan* plan;
  World* world;
  std::vector<std::unique_ptr<SimulatedStep>> steps;
};

namespace {

using Group = engine::Started<Ask, std::string>;

std::vector<Group> start_stage(engine::Run run, const StagePlan& stage, const auto& code, const std::string& event) {
  std::vector<Group> started;
  for (const GroupPlan& group : stage.groups) {
    std::vector<Ask> asks;
    for (const std::string& key : group.keys) asks.push_back({event, key});
    started.push_back(run.start_each(*code.steps[group.step], asks));
  }
  return started;
}

void check_answers(const std::vector<Group>& started, const StagePlan& stage, const auto& code,
                   const std::string& event) {
  for (std::size_t g = 0; g < started.size(); ++g)
    for (std::size_t i = 0; i < started[g].size(); ++i) {
      const Ask ask{event, stage.groups[g].keys[i]};
      const std::string& step = code.steps[stage.groups[g].step]->name();
      if (!started[g].failed(i) && started[g].output(i) != answer_to(step, ask))
        code.world->broken("P3: " + event + " got the answer of another execution: " + started[g].output(i));
    }
}

engine::Workflow run_plan(engine::Run run, std::string event, const auto& code) {
  for (const StagePlan& stage : code.plan->stages) {
    const std::vector<Group> started = start_stage(run, stage, code, event);
    std::exception_ptr failure;
    for (const Group& group : started) {
      try {
        co_await run.all(group);
      } catch (const engine::StepFailed&) {
        if (!failure) failure = std::current_exception();
      }
    }
    check_answers(started, stage, code, event);
    if (failure && !stage.tolerant) std::rethrow_exception(failure);
  }
}

}  // namespace

Code::Code(Site& site) : site_(site) {
  for (const WorkflowPlan& plan : site.outside.workload.workflows()) {
    auto compiled = std::make_shared<Compiled>();
    compiled->plan = &plan;
    compiled->world = &site.outside.world;
    for (const StepPlan& step : plan.steps) compiled->steps.push_back(make_step(site, step));
    workflows_.push_back(std::move(compiled));
  }
}

std::vector<engine::WorkflowDefinition> Code::definitions() {
  std::vector<engine::WorkflowDefinition> definitions;
  for (const auto& compiled : workflows_) {
    engine::WorkflowDefinition definition;
    definition.name = compiled->plan->name;
    definition.event_type = compiled->plan->event_type;
    definition.start = [compiled](engine::Run run, const engine::Event& event) {
      return run_plan(run, event.id, *compiled);
    };
    for (const auto& step : compiled->steps) definition.steps.push_back(step.get());
    definitions.push_back(std::move(definition));
  }
  return definitions;
}

}  // namespace pawl::simulation
