// One worker process on one host: its wall clock, its store, and the engine, which it may lose at any moment.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/runtime/runner.h"
#include "tests/simulation/faulty_outbox.h"
#include "tests/simulation/steps.h"

namespace pawl::simulation {

/// What a process reads: the wall time at its start, right or wrong, and the monotonic time since.
class ProcessClock final : public engine::Clock {
 public:
  ProcessClock(const World& world, Duration wall_is_off)
      : world_(world), origin_(world.wall() + wall_is_off), started_(world.now) {}
  Timestamp now() const override { return origin_ + (world_.now - started_) - stood_still_; }
  void stand_still(Duration time) { stood_still_ += time; }

 private:
  const World& world_;
  Timestamp origin_;
  Timestamp started_;
  Duration stood_still_{0};
};

class Process final : engine::Observer {
 public:
  Process(Outside& outside, std::string name, const Store& store, std::function<void(Process&)> interlude);
  ~Process() override;

  const std::string& name() const { return name_; }
  Store& store() { return *store_; }
  bool alive() const { return life_ != nullptr; }
  /// The epoch it writes under; 0 when it has none.
  std::int64_t epoch() const;

  /// It is neither down nor stopped.
  bool runnable() const { return !inside_interlude && outside_.world.now >= not_before_; }
  /// Starts, opens, or takes one turn of the engine, whichever is next.
  void turn();
  /// The last turn found something to do.
  bool busy() const { return busy_; }
  /// When the next turn makes sense.
  Timestamp next() const { return std::max(not_before_, next_); }
  /// Nothing to claim, nothing moving, nothing waiting.
  bool idle() const;
  /// What it has, for a message.
  std::string describe() const;

  /// Ends here and now, and starts again after a while; its store may be lost or an older one.
  void die(Fault by);
  /// Stops for so long; `clock_too`: and its clock with it.
  void stop_for(Duration time, bool clock_too);
  void begin_clean_stop();
  void ring();
  void back_up() { backups_.push_back(std::make_unique<Store>(*store_)); }
  /// Whatever keeps it from running is over.
  void recover();

  bool inside_interlude = false;

 private:
  struct Session;
  struct Life;

  void on(const engine::Notice& notice) override;
  void live();
  void check(engine::Runner& runner);
  void check_leases(const char* state, bool waiting_may_stay);
  void end_life(Duration down);
  void replace_store();

  Outside& outside_;
  std::string name_;
  std::unique_ptr<Store> store_;
  std::vector<std::unique_ptr<Store>> backups_;
  std::function<void(Process&)> interlude_;
  Duration wall_is_off_{0};
  int stores_ = 1;
  std::unique_ptr<Life> life_;
  Timestamp not_before_{};
  Timestamp next_{};
  bool busy_ = false;
};

}  // namespace pawl::simulation
