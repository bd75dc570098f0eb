// Draws plans.
#include "tests/simulation/durable/workload.h"

#include "tests/simulation/world/random.h"

namespace pawl::simulation {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

engine::StepOptions draw_options(Random& random) {
  engine::StepOptions options;
  options.retry.first = random.duration(seconds{1}, seconds{10});
  options.retry.longest = random.duration(seconds{10}, minutes{5});
  options.retry.max_attempts = random.chance(0.3) ? 0 : random.between(2, 12);
  if (options.retry.max_attempts == 0 || random.chance(0.2))
    options.retry.give_up_after = random.duration(minutes{2}, minutes{40});
  options.retry.full_jitter = random.chance(0.5);
  options.batch_max = static_cast<std::size_t>(random.chance(0.2) ? 1 : random.between(2, 20));
  options.parallelism = static_cast<std::size_t>(random.between(1, 3));
  options.rate = random.chance(0.2) ? random.between(2, 40) : 0;
  return options;
}

GroupPlan draw_group(Random& random, const WorkflowPlan& plan, std::size_t step, const std::string& place) {
  GroupPlan group{step, {}};
  bool first_use = true;
  for (const StagePlan& stage : plan.stages)
    for (const GroupPlan& earlier : stage.groups) first_use &= earlier.step != step;
  if (random.chance(0.5)) {
    group.keys.push_back(first_use ? "" : place);
    return group;
  }
  const int fan = random.between(1, random.chance(0.1) ? 30 : 4);
  for (int i = 0; i < fan; ++i) group.keys.push_back(place + "." + std::to_string(i));
  return group;
}

StagePlan draw_stage(Random& random, const WorkflowPlan& plan) {
  StagePlan stage;
  stage.tolerant = random.chance(0.2);
  const std::size_t first = static_cast<std::size_t>(random.between(0, static_cast<int>(plan.steps.size()) - 1));
  const int groups = std::min<int>(random.between(1, 3), static_cast<int>(plan.steps.size()));
  for (int i = 0; i < groups; ++i)  // each of another step: a step's empty key is used once in a run
    stage.groups.push_back(draw_group(random, plan, (first + static_cast<std::size_t>(i)) % plan.steps.size(),
                                      std::to_string(plan.stages.size()) + "." + std::to_string(i)));
  return stage;
}

WorkflowPlan draw_workflow(Random& random, int number) {
  WorkflowPlan plan;
  plan.name = "work-" + std::to_string(number);
  plan.event_type = "test/" + plan.name;
  const int steps = random.between(1, 4);
  for (int i = 0; i < steps; ++i) {
    const StepKind kind = i == 1   ? StepKind::kPost
                          : i == 2 ? StepKind::kMail
                                   : static_cast<StepKind>(random.between(0, 2));
    constexpr const char* kVerbs[] = {"read-", "post-", "mail-"};
    plan.steps.push_back({kVerbs[static_cast<int>(kind)] + std::to_string(number) + "-" + std::to_string(i), kind,
                          draw_options(random)});
  }
  const int stages = random.between(1, 4);
  for (int i = 0; i < stages; ++i) plan.stages.push_back(draw_stage(random, plan));
  return plan;
}

}  // namespace

Workload::Workload(const Options& options) : options_(options) {
  Random random(options.seed ^ 0x5851f42d4c957f2dULL);
  const int count = random.between(1, 2);
  for (int i = 0; i < count; ++i) workflows_.push_back(draw_workflow(random, i));
}

const WorkflowPlan& Workload::of_event(const std::string& id) const {
  return workflows_[static_cast<std::size_t>(fraction_of(id, 1) * static_cast<double>(workflows_.size()))];
}

bool Workload::fated(Fault fault, const std::string& name) const {
  return fraction_of(name, 100 + static_cast<std::uint64_t>(fault)) < options_[fault];
}

const std::string& Workload::poisoned_step(const std::string& event) const {
  const auto& steps = of_event(event).steps;
  return steps[static_cast<std::size_t>(fraction_of(event, 2) * static_cast<double>(steps.size()))].name;
}

double Workload::fraction_of(const std::string& name, std::uint64_t salt) const {
  std::uint64_t hash = options_.seed * 0x9e3779b97f4a7c15ULL + salt * 0xbf58476d1ce4e5b9ULL;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  hash ^= hash >> 31;
  hash *= 0x94d049bb133111ebULL;
  hash ^= hash >> 29;
  return static_cast<double>(hash >> 11) / 9007199254740992.0;
}

}  // namespace pawl::simulation
