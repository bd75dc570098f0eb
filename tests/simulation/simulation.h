// Drives one seed from its first event to the last: faults first, then quiet until everything has ended.
#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/process.h"

namespace pawl::simulation {

struct Result {
  std::string violation;  ///< Empty: every promise held.
  std::uint64_t trace = 0;
  FaultCounts faults{};
  std::size_t events = 0;
  std::uint64_t turns = 0;
  Duration drained_in{0};  ///< Simulated time from the end of the faults until everything had ended.
};

class Simulation {
 public:
  /// `trace`: where every step of it is written; null: nowhere.
  explicit Simulation(const Options& options, std::ostream* trace = nullptr);
  Result run();

 private:
  void add_process(const std::string& name, const Store& store);
  void round(Timestamp until);
  void interlude(Process& stopped);
  void advance(Timestamp until);
  void emit_due();
  void disturb(Process& process);
  void disturb_outside();
  void disturb_events();
  void disturb_runs();
  void end_outages();
  void calm_down();
  bool idle() const;
  void drain();
  void check_stores();
  bool over() const { return !world_.violation.empty(); }

  World world_;
  Outside outside_;
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<std::pair<Timestamp, std::string>> coming_;  ///< Events to emit, latest first.
  std::vector<std::string> emitted_;
  Timestamp outbox_down_until_{};
  std::map<std::string, Timestamp> full_until_;
  std::string copy_;  ///< The process that runs on a copy of another's store.
  std::uint64_t turns_ = 0;
  int spins_ = 0;
  int depth_ = 0;
};

}  // namespace pawl::simulation
