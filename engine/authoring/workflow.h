// What a workflow returns: a coroutine that starts suspended and is owned by its run.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/authoring/event.h"
#include "engine/authoring/retry_policy.h"

namespace pawl::engine {

class Run;
class StepBase;

/// Owns the frame. Destroying it destroys the frame wherever it is suspended, which is how a run leaves memory.
class Workflow {
 public:
  struct promise_type {
    std::exception_ptr failure;

    Workflow get_return_object() { return Workflow(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { failure = std::current_exception(); }
  };

  Workflow() = default;
  explicit Workflow(std::coroutine_handle<promise_type> frame) : frame_(frame) {}
  Workflow(Workflow&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  Workflow& operator=(Workflow&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Workflow() {
    if (frame_) frame_.destroy();
  }

  bool returned() const { return frame_ && frame_.done(); }
  void resume() { frame_.resume(); }
  /// What the workflow threw, once it returned; null when it threw nothing.
  std::exception_ptr failure() const { return frame_.promise().failure; }

 private:
  std::coroutine_handle<promise_type> frame_;
};

/// A workflow as main registers it: its name and event type are on disk for ever. An event starts every workflow of its
/// type, each in a run of its own.
struct WorkflowDefinition {
  std::string name;        ///< kebab-case, verb first; no other workflow has it.
  std::string event_type;  ///< The one type of event that starts it.
  /// Parses the payload and calls the coroutine. A PermanentError fails the run with its reason.
  std::function<Workflow(Run, const Event&)> start;
  /// Every step it may start; not owned. Names are unique inside the workflow. Workflows may share a step: it then has
  /// one queue and one circuit for all of them.
  std::vector<StepBase*> steps;
  /// What of the payload is stored, and so replayed, that no secret may reach the store; unset keeps it all. `start`
  /// must make the same of it as of the original.
  std::function<std::string(const std::string& payload)> payload_to_keep{};
  /// The payload without its secrets, for the archive; empty: as it was emitted, since it holds none. Where it says
  /// nothing, throws or is unset, the worker redacts every string of the payload. Asked just after `payload_to_keep`;
  /// of a run that was read from a store it gets what that kept, and has to tell from it.
  std::function<std::optional<std::string>(const std::string& payload)> payload_to_archive{};
  /// Of steps that are tried again in another way here than their options say.
  std::map<const StepBase*, RetryPolicy> retries{};
  /// Each reason for which `start` refuses the payload, in words that quote no secret; none: it takes it. Unset:
  /// nothing can be said before it runs.
  std::function<std::vector<std::string>(const std::string& payload)> payload_problems{};
};

}  // namespace pawl::engine
