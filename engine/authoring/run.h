// The handle through which a workflow starts steps and awaits them.
#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "engine/authoring/errors.h"
#include "engine/authoring/execution.h"
#include "engine/authoring/step.h"
#include "engine/authoring/workflow.h"

namespace pawl::engine {

/// What `co_await` throws into the workflow when a step failed for good. Where the run was cancelled it throws
/// Cancelled (errors.h), which is no StepFailed.
class StepFailed : public Error {
 public:
  StepFailed(const std::string& step, const std::string& key, const std::string& reason, int await)
      : Error(step + (key.empty() ? "" : " (" + key + ")") + ": " + reason), step_(step), key_(key), await_(await) {}
  const std::string& step() const { return step_; }
  /// The item that failed; empty for a step of one.
  const std::string& key() const { return key_; }
  /// Which of the run's awaits threw it, counted from 1 over those that threw.
  int await() const { return await_; }

 private:
  std::string step_, key_;
  int await_;
};

/// Executions that were started together and settle together; owned by the run.
struct StartedGroup {
  std::vector<Execution*> executions;
  std::size_t unsettled = 0;  ///< Of which something may still come.

  void add(Execution& execution) {
    executions.push_back(&execution);
    execution.group = this;
    unsettled += !execution.over();
  }
};

// What the untyped half of Run does; engine/runs/run_state.cc.
/// Throws PermanentError where so many more items are more than a run may have.
void require_room(const RunState& run, std::size_t more);
Execution& start_execution(RunState& run, std::unique_ptr<Execution> execution);
void set_note(RunState& run, const std::string& text);
StartedGroup& new_group(RunState& run);
bool all_settled(std::span<const StartedGroup* const> groups);
void await_groups(RunState& run, std::span<const StartedGroup* const> groups);
void throw_first_failure(RunState& run, std::span<const StartedGroup* const> groups);

/// A step that was started. Copyable and trivial; valid as long as the run's frame.
template <class In, class Out>
class Started {
 public:
  explicit Started(const StartedGroup* group) : group(group) {}
  /// How many items it has: 1, or as many as `start_each` was given.
  std::size_t size() const { return group->executions.size(); }
  /// For good; or the run was cancelled before it had settled.
  bool failed(std::size_t index = 0) const {
    const Execution& execution = *group->executions[index];
    return execution.over() && execution.phase() != Execution::Phase::kSucceeded;
  }
  const std::string& error(std::size_t index = 0) const { return group->executions[index]->error; }
  /// The output, once awaited and unless it failed. Lives as long as the run's frame.
  const Out& output(std::size_t index = 0) const {
    return *static_cast<TypedExecution<In, Out>&>(*group->executions[index]).output;
  }

  const StartedGroup* group;
};

// g++ 12 destroys non-trivial temporaries of a co_await expression twice, so every awaitable here is trivially
// destructible, takes no rvalue, and yields a reference.

template <std::size_t Size>
struct AllAwaiter {
  RunState* run;
  std::array<const StartedGroup*, Size> groups;

  bool await_ready() const { return all_settled(groups); }
  void await_suspend(std::coroutine_handle<>) const { await_groups(*run, groups); }
  void await_resume() const { throw_first_failure(*run, groups); }
};

template <class In, class Out>
struct StepAwaiter {
  AllAwaiter<1> all;

  bool await_ready() const { return all.await_ready(); }
  void await_suspend(std::coroutine_handle<> frame) const { all.await_suspend(frame); }
  const Out& await_resume() const {
    all.await_resume();
    return *static_cast<TypedExecution<In, Out>&>(*all.groups[0]->executions[0]).output;
  }
};

static_assert(std::is_trivially_destructible_v<AllAwaiter<2>>);
static_assert(std::is_trivially_destructible_v<StepAwaiter<int, int>>);
static_assert(std::is_trivially_destructible_v<Started<int, int>>);

/// Executions of one run, over all its steps.
inline constexpr std::size_t kItemsMax = 10'000;

/// A workflow's first parameter, by value. Used only inside its coroutine, on the engine's thread.
class Run {
 public:
  explicit Run(RunState& state) : state_(&state) {}

  /// Starts the step and awaits it: `const Out out = co_await run.step(s, in);`. Throws StepFailed or Cancelled. The
  /// input is copied; the result lives as long as the frame.
  template <class In, class Out>
  StepAwaiter<In, Out> step(const Step<In, Out>& step, const std::type_identity_t<In>& input) const {
    return {{state_, {start(step, input).group}}};
  }
  template <class In, class Out>
  StepAwaiter<In, Out> step(const Step<In, Out>& step, const std::type_identity_t<In>&& input) const = delete;

  /// Starts the step and goes on at once.
  template <class In, class Out>
  Started<In, Out> start(const Step<In, Out>& step, const std::type_identity_t<In>& input) const {
    StartedGroup& group = new_group(*state_);
    require_room(*state_, 1);
    group.add(begin(step, input));
    return Started<In, Out>(&group);
  }
  template <class In, class Out>
  Started<In, Out> start(const Step<In, Out>& step, const std::type_identity_t<In>&& input) const = delete;

  /// Starts the step once for each input, under the key that `Step::key` gives it. One failure stops no other. A run
  /// has at most kItemsMax items in all: beyond them this throws PermanentError, and starts none.
  template <class In, class Out>
  Started<In, Out> start_each(const Step<In, Out>& step, const std::vector<std::type_identity_t<In>>& inputs) const {
    StartedGroup& group = new_group(*state_);
    require_room(*state_, inputs.size());
    for (const In& input : inputs) group.add(begin(step, input));
    return Started<In, Out>(&group);
  }
  template <class In, class Out>
  Started<In, Out> start_each(const Step<In, Out>& step,
                              const std::vector<std::type_identity_t<In>>&& inputs) const = delete;

  /// Waits until everything has settled, then throws the first failure in order of the arguments. Throws Cancelled
  /// where something never will, since the run was cancelled.
  template <class... Ins, class... Outs>
  AllAwaiter<sizeof...(Outs)> all(const Started<Ins, Outs>&... started) const {
    return {state_, {started.group...}};
  }

  /// What the run's reason says, behind that of a failure, for example that there was nobody to tell.
  void note(const std::string& text) const { set_note(*state_, text); }

 private:
  template <class In, class Out>
  Execution& begin(const Step<In, Out>& step, const In& input) const {
    return start_execution(*state_, std::make_unique<TypedExecution<In, Out>>(*state_, step, step.key(input), input));
  }

  RunState* state_;
};

static_assert(std::is_trivially_destructible_v<Run>);

}  // namespace pawl::engine
