// Group commit: what happened goes to the store in groups, and nothing counts before its group is durable.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/measures/measures.h"
#include "engine/port_calls/backoff.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"

namespace pawl::engine {

/// Engine's thread only. One commit at a time; what arrives meanwhile is the next group. After a commit of kFew to
/// kMany runs the next one also waits kRest times as long as that took, since runs that end a few at a time, as over
/// SMTP, would otherwise pay for a commit each. A lone run waits for nothing.
/// Gain: 18 % of the bytes written to SQLite over SMTP.
class Journal {
 public:
  static constexpr Duration kSoon = std::chrono::milliseconds{10};
  static constexpr std::size_t kFew = 4;    ///< Runs.
  static constexpr std::size_t kMany = 64;  ///< Runs; from here on a commit costs little beside what it holds.
  static constexpr int kRest = 4;
  static constexpr Duration kRestMost = std::chrono::milliseconds{20};

  /// Called when a record is durable.
  using Durable = std::function<void()>;

  Journal(Checkpoints& store, Lanes& lanes, LaneId lane, const Clock& clock, Jitter& jitter)
      : store_(store), lanes_(lanes), lane_(lane), clock_(clock), backoff_(jitter) {}

  void add(Checkpoint record) {
    append(std::move(record));
    pending_->due = {};
  }
  /// The same, and calls `durable` once the group is.
  void add(Checkpoint record, Durable durable) {
    add(std::move(record));
    pending_->durable.push_back(std::move(durable));
  }

  /// For what nothing waits for: it goes with the next group that there is, at the latest when kSoon and a rest have
  /// passed.
  void add_soon(Checkpoint record, Timestamp now) {
    append(std::move(record));
    pending_->due = std::min(pending_->due, now + kSoon);
  }

  /// Starts a commit when there is something to commit, none is under way and the store is not to be left alone.
  void flush(Timestamp now);

  /// Everything that was added is durable.
  bool empty() const { return pending_->records.empty() && !committing_ && !failed_; }
  /// When `flush` has something to do; none while a commit is under way.
  std::optional<Timestamp> due_at(Timestamp now) const;
  std::uint64_t groups() const { return groups_; }
  const CommitMeasures& measures() const { return measures_; }
  /// Why the last commit failed and when it is repeated; a failed group stays and is repeated whole.
  const Backoff& backoff() const { return backoff_; }
  /// The store refused for good: an operator has to act.
  const std::string& refusal() const { return refusal_; }

 private:
  struct Group {
    std::vector<Checkpoint> records;
    std::vector<Durable> durable;
    std::size_t runs = 0;  ///< One that comes again after others counts again.
    RunNumber last_run = 0;
    Timestamp due = Timestamp::max();
    Timestamp began;
    std::string error;
    bool refused = false;
  };

  void append(Checkpoint record);
  static void commit(Checkpoints& store, Group& group);
  void committed(const std::shared_ptr<Group>& group);

  Checkpoints& store_;
  Lanes& lanes_;
  LaneId lane_;
  const Clock& clock_;
  std::shared_ptr<Group> pending_ = std::make_shared<Group>();
  std::shared_ptr<Group> failed_;
  bool committing_ = false;
  Timestamp rested_at_;
  std::uint64_t groups_ = 0;
  CommitMeasures measures_;
  Backoff backoff_;
  std::string refusal_;
};

}  // namespace pawl::engine
