// The runs in memory: found by number and by event, counted, and looked at again while a part of one waits.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "engine/runs/run_state.h"

namespace pawl::engine {

/// Engine's thread only. Owns the runs; a reference to one is good until it is erased.
class RunTable {
 public:
  RunState& add(std::unique_ptr<RunState> run);
  void erase(RunState& run);

  /// Null if it is not in memory.
  RunState* find(RunNumber number) const;
  RunState* find(const std::string& run_id) const;
  RunState* find(const Event& event) const { return find(event.id); }
  bool contains(RunNumber number) const { return runs_.contains(number); }

  bool empty() const { return runs_.empty(); }
  std::size_t size() const { return runs_.size(); }
  /// Bytes of their payloads.
  std::size_t payloads() const { return payloads_; }
  /// One for each kItemsOfWeight of their items, beyond each one's first.
  std::size_t weight() const { return weight_; }
  /// How many had been parked.
  std::size_t woken() const { return woken_; }

  /// The run is to be looked at then, or earlier if that was said before.
  void look_again(RunState& run, Timestamp when);
  void stop_looking(RunState& run);
  /// When the first of them is to be looked at.
  std::optional<Timestamp> look_at() const;
  /// One that is to be looked at by now, once; null when there is none.
  RunState* take_due(Timestamp now);

  /// The events of the call of a step that was started then, as a text that names a few and counts the others.
  std::string events_of_call(const StepBase& step, Timestamp started_at) const;

 private:
  std::unordered_map<RunNumber, std::unique_ptr<RunState>> runs_;
  std::unordered_map<std::string, RunState*> by_id_;
  std::set<std::pair<Timestamp, RunNumber>> look_at_;
  std::size_t payloads_ = 0;
  std::size_t weight_ = 0;
  std::size_t woken_ = 0;
};

}  // namespace pawl::engine
