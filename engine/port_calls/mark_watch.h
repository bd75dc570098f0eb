// Looks once a second for what operators ask of runs, and sees that each is told.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/port_calls/backoff.h"
#include "engine/ports/checkpoints.h"
#include "engine/ports/lanes.h"
#include "engine/ports/outbox.h"

namespace pawl::engine {

/// What became of a mark.
enum class MarkTaken {
  kDone,    ///< The run goes by it from here on.
  kLater,   ///< The run is just leaving or coming: ask again.
  kParked,  ///< The run is not in memory: ask again with what the store has of it.
};

/// Engine's thread only. One call to the outbox at a time, on the lane that also archives; then one look-up of parked
/// runs on the lane of the store. A mark that was taken is not told again, unless an operator asks anew.
class MarkWatch {
 public:
  static constexpr Duration kEvery = std::chrono::seconds{1};
  /// Where there are more than one answer holds, the lane is left to the ends of runs for so long.
  static constexpr Duration kBetweenPages = std::chrono::milliseconds{100};

  struct Lane {
    LaneId outbox;
    LaneId store;
  };
  /// Called with a mark, and with its run where the store was asked for it.
  using Tell = std::function<MarkTaken(const Mark&, const StoredRun*)>;

  MarkWatch(Outbox& outbox, Checkpoints& store, Lanes& lanes, Lane lane, const Clock& clock, Jitter& jitter, Tell tell)
      : outbox_(outbox),
        store_(store),
        lanes_(lanes),
        lane_(lane),
        clock_(clock),
        tell_(std::move(tell)),
        backoff_(jitter) {}

  void turn(Timestamp now);
  /// When `turn` has something to do; none while a call is under way.
  std::optional<Timestamp> due_at() const;
  const Backoff& backoff() const { return backoff_; }
  const std::string& lease_lost() const { return lost_; }

 private:
  struct Call {
    std::int64_t above = 0;
    std::vector<Mark> take_off;
    std::vector<Mark> marks;
    std::vector<StoredRun> runs;
    std::string error;
    bool lost = false;
  };

  static void ask(Outbox& outbox, Call& call);
  static void look_up(Checkpoints& store, Call& call);
  void asked(const std::shared_ptr<Call>& call);
  void looked_up(const Call& call);
  bool took(const Mark& mark, const StoredRun* run);
  void next_round(const Call& call);

  Outbox& outbox_;
  Checkpoints& store_;
  Lanes& lanes_;
  Lane lane_;
  const Clock& clock_;
  Tell tell_;
  bool busy_ = false;
  Timestamp ask_at_{};
  std::int64_t above_ = 0;                             ///< Where the next call of this round goes on.
  std::unordered_map<std::int64_t, Timestamp> taken_;  ///< Marks by position, and when each was asked for.
  std::unordered_set<std::int64_t> seen_;              ///< In this round.
  std::vector<Mark> take_off_;
  Backoff backoff_;
  std::string lost_;
};

}  // namespace pawl::engine
