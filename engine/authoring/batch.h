// The items that one call of a step works on, gathered across all runs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/authoring/execution.h"

namespace pawl::engine {

/// One item: its input, the key of its effect, and its outcome to be. Each item is settled exactly once.
template <class In, class Out>
class Item {
 public:
  explicit Item(TypedExecution<In, Out>& execution) : execution_(&execution) {}

  const In& input() const { return execution_->input; }
  /// The id under which its run does effects: the run's own, which is the event's but for runs of further workflows of
  /// the event; of a rerun that is to repeat no effect that of the run that had it first. With the step's name and
  /// `key` it identifies the effect: the same in every attempt, replay and takeover.
  const std::string& effects_id() const { return effects_id_of(*execution_); }
  const std::string& key() const { return execution_->key; }
  /// The name of the workflow it is of, for a step that serves several.
  const std::string& workflow() const { return workflow_of(*execution_); }
  /// Counted from 1.
  int attempt() const { return execution_->attempt; }
  /// Whether its effect may be there already, as far as is known: an attempt that a crash cut off leaves no trace.
  bool again() const { return may_be_repeated(*execution_); }
  bool settled() const { return !std::holds_alternative<Unsettled>(execution_->outcome); }

  void succeed(Out output) {
    execution_->outcome = Succeeded{to_checkpoint(output)};
    execution_->output = std::move(output);
  }
  /// The same where the service behind the step was not asked: says nothing about whether it works.
  void skip(Out output) {
    succeed(std::move(output));
    std::get<Succeeded>(execution_->outcome).accepted = false;
  }
  /// Permanent: checkpointed like a result, thrown into the workflow. `code` is for programs that compare failures, as
  /// a relay's status 5.1.1 or an SQLSTATE: at most kFailureCodeMax bytes.
  void fail(std::string reason, std::string code = {}) {
    execution_->outcome = FailedForGood{std::move(reason), std::move(code)};
  }
  /// Transient: tried again after the policy's backoff, and not before `after` (in microseconds or coarser).
  void retry(std::string reason, Duration after = {}, std::string code = {}) {
    execution_->outcome = FailedForNow{std::move(reason), after, std::move(code)};
  }
  /// The service behind the step is down for everyone: opens the circuit and burns no attempt.
  void unavailable(std::string reason, ProbeWaits waits = {}) {
    execution_->outcome = ServiceDown{std::move(reason), waits};
  }
  /// The service refused it, and the answer does not tell whether for the item's own sake or for everybody's. Uses up
  /// no attempt where an age ends its retries. So many distinct subjects as the step's options say, with nobody
  /// accepted in between, pause the step; an item that is refused again though others were accepted in between fails
  /// for good, unless `names_account`.
  void refuse(std::string reason, std::string subject, bool names_account = false, std::string code = {}) {
    execution_->outcome = Refused{std::move(reason), std::move(subject), names_account, std::move(code)};
  }
  /// Beside the outcome, for those who count.
  void remark(Remark what) { execution_->remark = what; }

 private:
  TypedExecution<In, Out>* execution_;
};

template <class In, class Out>
class Batch {
 public:
  explicit Batch(std::span<Execution* const> executions) {
    items_.reserve(executions.size());
    for (Execution* execution : executions) items_.emplace_back(static_cast<TypedExecution<In, Out>&>(*execution));
  }

  std::size_t size() const { return items_.size(); }
  Item<In, Out>& operator[](std::size_t index) { return items_[index]; }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }

 private:
  std::vector<Item<In, Out>> items_;
};

}  // namespace pawl::engine
