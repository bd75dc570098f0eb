// Lanes whose calls take simulated time, in an order that the seed decides.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/lanes.h"
#include "tests/simulation/world/world.h"

namespace pawl::simulation {

/// A lane runs as many calls at once as it has threads. A call has its effect when it begins and reports when it ends;
/// in between its thread is taken. A crash may fall before the effect or between effect and report.
class TimedLanes final : public engine::Lanes {
 public:
  TimedLanes(World& world, std::string process, std::vector<engine::LaneSpec> lanes)
      : world_(world), process_(std::move(process)), lanes_(std::move(lanes)) {}

  void submit(engine::LaneId lane, std::function<void()> work, std::function<void()> report) override;
  /// Begins one call or delivers one report, if time has come for any.
  void poll(Duration at_most) override;
  void stop(const std::function<void()>& interrupt) override;

  /// From inside a call: the process dies here. What is thrown ends the call, and poll() throws it again, whatever the
  /// engine has made of it.
  [[noreturn]] void kill(Fault fault) {
    killed_ = Killed{fault};
    throw *killed_;
  }
  /// From inside a call: does nothing more in a process that has died in it.
  void require_alive() const {
    if (killed_) throw *killed_;
  }
  /// From inside a call: when the engine asked for it.
  Timestamp asked_at() const { return asked_at_; }
  /// From inside a call: it takes so long.
  void take(Duration time) { took_ += time; }
  static constexpr Duration kForEver = std::chrono::hours{24 * 365 * 100};
  /// From inside a call: it takes so long, or until somebody rings.
  void sleep(Duration at_most);
  void ring();

  /// The last poll found something to do.
  bool busy() const { return busy_; }
  /// When poll would find something, or when the engine wants to look at its own clocks.
  Timestamp next() const { return next_; }

 private:
  struct Call {
    engine::LaneId lane;
    std::function<void()> work;
    std::function<void()> report;
    Timestamp asked_at;
    Timestamp at;  ///< When it begins; once begun, when it reports.
    bool begun = false;
    bool sleeping = false;
  };
  using Calls = std::list<Call>;

  std::size_t running(engine::LaneId lane) const;
  std::vector<Calls::iterator> ready();
  void begin(Calls::iterator call);
  void end(Calls::iterator call);

  World& world_;
  std::string process_;
  std::vector<engine::LaneSpec> lanes_;
  Calls calls_;  ///< In order of submission.
  Duration took_{0};
  Timestamp asked_at_{};
  bool sleeps_ = false;
  bool busy_ = false;
  bool stopped_ = false;
  std::optional<Killed> killed_;
  Timestamp next_{};
};

}  // namespace pawl::simulation
