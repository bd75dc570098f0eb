// What is counted of a run is counted when it comes and when it goes.
#include "engine/runs/run_table.h"

namespace pawl::engine {

namespace {

constexpr std::size_t kNamedAtMost = 10;

}  // namespace

RunState& RunTable::add(std::unique_ptr<RunState> added) {
  RunState& run = *added;
  run.weight = &weight_;
  payloads_ += run.stored.event.payload.size();
  woken_ += run.woken;
  by_id_[run.stored.event.id] = &run;
  runs_[run.stored.run] = std::move(added);
  return run;
}

void RunTable::erase(RunState& run) {
  stop_looking(run);
  woken_ -= run.woken;
  payloads_ -= run.stored.event.payload.size();
  weight_ -= run.executions.size() / kItemsOfWeight;
  by_id_.erase(run.stored.event.id);
  runs_.erase(run.stored.run);
}

RunState* RunTable::find(RunNumber number) const {
  const auto run = runs_.find(number);
  return run == runs_.end() ? nullptr : run->second.get();
}

RunState* RunTable::find(const std::string& run_id) const {
  const auto run = by_id_.find(run_id);
  return run == by_id_.end() ? nullptr : run->second;
}

void RunTable::look_again(RunState& run, Timestamp when) {
  if (run.look_again_at != Timestamp{} && run.look_again_at <= when) return;
  stop_looking(run);
  look_at_.insert({when, run.stored.run});
  run.look_again_at = when;
}

void RunTable::stop_looking(RunState& run) {
  look_at_.erase({run.look_again_at, run.stored.run});
  run.look_again_at = {};
}

std::optional<Timestamp> RunTable::look_at() const {
  if (look_at_.empty()) return std::nullopt;
  return look_at_.begin()->first;
}

RunState* RunTable::take_due(Timestamp now) {
  if (look_at_.empty() || look_at_.begin()->first > now) return nullptr;
  RunState& run = *runs_.at(look_at_.begin()->second);
  stop_looking(run);
  return &run;
}

std::string RunTable::events_of_call(const StepBase& step, Timestamp started_at) const {
  std::set<std::string> events;
  for (const auto& [number, run] : runs_)
    for (const auto& [name, execution] : run->executions)
      if (execution->phase() == Execution::Phase::kInFlight && execution->started_at == started_at &&
          execution->step == &step)
        events.insert(run->stored.event.id);
  std::string names;
  std::size_t named = 0;
  for (auto event = events.begin(); event != events.end() && named < kNamedAtMost; ++event, ++named)
    names += (names.empty() ? "" : ", ") + *event;
  return events.size() > named ? names + " and " + std::to_string(events.size() - named) + " more" : names;
}

}  // namespace pawl::engine
