// The promises, each where it can be seen to break.
#include "tests/simulation/durable/oracle.h"

#include <algorithm>

namespace pawl::simulation {

namespace {

bool holds(const WorkflowPlan& plan, const StagePlan& stage, const std::string& step, const std::string& key) {
  return std::any_of(stage.groups.begin(), stage.groups.end(), [&](const GroupPlan& group) {
    return plan.steps[group.step].name == step &&
           std::find(group.keys.begin(), group.keys.end(), key) != group.keys.end();
  });
}

// Whether everything that the workflow awaits before this stage has settled in the store.
bool may_begin(const WorkflowPlan& plan, const StagePlan& stage, const std::string& event, const Store& store) {
  for (const StagePlan* earlier = plan.stages.data(); earlier != &stage; ++earlier)
    for (const GroupPlan& group : earlier->groups)
      for (const std::string& key : group.keys)
        if (!store.settled.contains(effect_key(event, plan.steps[group.step].name, key))) return false;
  return true;
}

const engine::StepSettled* find_settled(const engine::StoredRun& run, const std::string& step, const std::string& key) {
  const auto found = std::find_if(run.steps.begin(), run.steps.end(), [&](const engine::StepSettled& settled) {
    return settled.step.step == step && settled.step.key == key;
  });
  return found == run.steps.end() ? nullptr : &*found;
}

}  // namespace

void Oracle::executing(Store& store, const std::string& event, const StepPlan& step, const std::string& key,
                       int attempt, Timestamp asked_at) {
  const EffectKey effect = effect_key(event, step.name, key);
  first_asked_.try_emplace(effect, asked_at);
  const WorkflowPlan& plan = workload_.of_event(event);
  const auto stage = std::find_if(plan.stages.begin(), plan.stages.end(),
                                  [&](const StagePlan& s) { return holds(plan, s, step.name, key); });
  if (!ends_.contains(event) || stage == plan.stages.end())
    return world_.broken("P10: " + effect + " was executed, which no workflow asks for");
  if (!may_begin(plan, *stage, event, store))
    world_.broken("P3: " + effect + " was executed before what it follows was durable in " + store.id);
  const auto settled = store.settled.find(effect);
  if (settled != store.settled.end() && !(settled->second && resumed_.contains(event)))
    world_.broken("P3: " + effect + " was executed again though its checkpoint had committed in " + store.id);
  if (attempt > 1 + failures_[effect])
    world_.broken("an attempt was burned: " + effect + " is at attempt " + std::to_string(attempt) + " after " +
                  std::to_string(failures_[effect]) + " failures");
}

void Oracle::mailed(const EffectKey& effect) {
  const auto row = ledger_.rows().find(effect);
  const int in_doubt = row == ledger_.rows().end() ? 0 : row->second.in_doubt;
  const int copies = relay_.copies.at(effect);
  if (copies - 1 > in_doubt)
    world_.broken("I3: " + std::to_string(copies) + " copies of " + effect + " and only " + std::to_string(in_doubt) +
                  " in-doubt records");
}

void Oracle::archived(const engine::Event& event, const engine::FinishedEvent& end, Store& store) {
  ends_[event.id].push_back(end.status);
  world_.note("oracle", engine::to_string(end.status), event.id);
  const std::string id = event.id;
  const auto found = store.checkpoints.find(std::span(&id, 1));
  if (found.empty() || found.front().status != end.status)
    return world_.broken("P1: " + id + " was archived as " + engine::to_string(end.status) +
                         " before that end was durable in " + store.id);
  if (end.status == engine::RunStatus::kFailed && end.reason.empty())
    return world_.broken("I6: " + id + " failed without a reason");
  if (end.status == engine::RunStatus::kCancelled) {
    if (!cancelled_.contains(id)) world_.broken("P1: " + id + " ended cancelled, which nobody asked for");
    return;
  }
  if (end.reason.starts_with("set aside")) return check_set_aside(event);
  check_run(found.front(), end, store);
}

// P8 sets aside who was delivered too often; without a fault that is only the poison itself.
void Oracle::check_set_aside(const engine::Event& event) {
  if (redeliveries_ == 0 && postgres_.takeovers == 0 && !workload_.crashes(event.id) && !workload_.hangs(event.id))
    world_.broken("P8: " + event.id + " was set aside, and only others were poison");
}

// P6: whatever fails, everything that was started beside it is settled.
void Oracle::check_run(const engine::StoredRun& run, const engine::FinishedEvent& end, const Store& store) {
  bool failed = false;
  for (const StagePlan& stage : workload_.of_event(run.event.id).stages) {
    check_stage(stage, run, failed);
    if (failed) break;
  }
  if (failed != (end.status == engine::RunStatus::kFailed) && world_.violation.empty())
    world_.broken("P1: " + run.event.id + " ended " + engine::to_string(end.status) + " in " + store.id + " (" +
                  end.reason + "), which its checkpoints do not say");
}

void Oracle::check_stage(const StagePlan& stage, const engine::StoredRun& run, bool& failed) {
  const WorkflowPlan& plan = workload_.of_event(run.event.id);
  for (const GroupPlan& group : stage.groups)
    for (const std::string& key : group.keys) {
      const StepPlan& step = plan.steps[group.step];
      const engine::StepSettled* settled = find_settled(run, step.name, key);
      if (!settled)
        return world_.broken("P6: " + run.event.id + " ended though " + effect_key("", step.name, key) +
                             " had not settled");
      check_settled(step, run, *settled);
      failed |= settled->failed && !stage.tolerant;
    }
}

void Oracle::check_settled(const StepPlan& step, const engine::StoredRun& run, const engine::StepSettled& settled) {
  const EffectKey effect = effect_key(run.event.id, step.name, settled.step.key);
  if (settled.failed) return check_failure(step, effect, settled.result);
  if (step.kind == StepKind::kPost && !postgres_.in_app.contains(effect))
    world_.broken("P4: " + effect + " succeeded and has no row");
  if (step.kind != StepKind::kMail) return;
  const auto row = ledger_.rows().find(effect);
  // one that another worker has called in doubt meanwhile may have been accepted all the same
  const bool sent = relay_.copies.contains(effect) && row != ledger_.rows().end() &&
                    (row->second.state == MailState::kAccepted || row->second.in_doubt > 0);
  const bool suppressed = row != ledger_.rows().end() && row->second.state == MailState::kSuppressed;
  if (!sent && !suppressed) world_.broken("P5: " + effect + " succeeded and was neither sent nor suppressed");
}

void Oracle::check_failure(const StepPlan& step, const EffectKey& effect, const std::string& reason) {
  const engine::RetryPolicy& policy = step.options.retry;
  if (reason.empty()) return world_.broken("I6: " + effect + " failed without a reason");
  if (doomed_.contains(effect)) return;
  const bool used_up = policy.max_attempts > 0 && failures_[effect] >= policy.max_attempts;
  // the last wait is not waited any more, and each time that a clock jumps one may look as if it had been
  const auto jumps = static_cast<int>(world_.counts[static_cast<std::size_t>(Fault::kWallClockJump)]);
  const Duration age = world_.now - first_asked_[effect] + (1 + jumps) * policy.longest;
  const bool too_old = policy.give_up_after.count() > 0 && age >= policy.give_up_after;
  if (!used_up && !too_old)
    world_.broken("P5: " + effect + " was given up after " + std::to_string(failures_[effect]) + " failures in " +
                  std::to_string(age.count() / 1'000'000) + " s: " + reason);
}

bool Oracle::all_ended() const { return ended() == ends_.size(); }

std::size_t Oracle::ended() const {
  return static_cast<std::size_t>(
      std::count_if(ends_.begin(), ends_.end(), [](const auto& entry) { return !entry.second.empty(); }));
}

std::string Oracle::unfinished() const {
  std::string names;
  for (const auto& [event, ends] : ends_)
    if (ends.empty()) names += " " + event;
  return names;
}

}  // namespace pawl::simulation
