// An outbox in memory: the double of the Postgres one, with the same rules about leases and epochs.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/outbox.h"

namespace pawl::testing {

/// What an event has beside type and payload, as its producer says it to `pawl.emit`.
struct EventDetails {
  std::string aggregate_type{};
  std::string aggregate_id{};
  std::string tenant{};
  std::string traceparent{};  ///< As its headers say.
};

/// What several workers share. Not thread-safe: for InlineLanes.
struct MemoryOutboxTable {
  struct Row {
    engine::Event event;
    std::int64_t lease_epoch = 0;  ///< 0: pending.
    std::string store{};           ///< A living worker with this store comes before others; empty: any may claim it.
    bool only_store = false;       ///< No worker with another store may claim it at all.
    std::optional<engine::Mark> mark{};  ///< What an operator asks of it.
    std::int64_t mark_epoch = 0;         ///< The worker that is to see it; 0: none any more.
  };
  struct Archived {
    engine::Event event;
    engine::RunStatus status;
    std::string reason;
    engine::Resumable resumable = engine::Resumable::kAnywhere;
    std::string store{};        ///< Of the worker that finished it.
    std::int64_t withheld = 0;  ///< FinishedEvent's.
    engine::Failure failure{};  ///< The same.
    bool dismissed = false;     ///< A rerun was made of it though it had failed: it is resumed no more.
  };

  /// Registers a workflow as `pawl migrate` does, for events that are emitted from now on. Workers register theirs when
  /// they claim.
  void add_workflow(const engine::WorkflowName& workflow);
  /// Writes an event as `pawl.emit` does, a row for each workflow of its type, and returns its id. The run of the first
  /// has that id, that of another `ID/WORKFLOW`.
  std::string emit(const std::string& type, const std::string& payload = "{}", const std::string& id = {},
                   const EventDetails& details = {});
  /// Makes runs of events that have none, since no workflow of their type was registered.
  void name_runs();
  /// Puts the failed runs of an event back as `pawl.resume` does, or that of one workflow; false when there is none,
  /// they may go on nowhere, or another run is doing their effects.
  bool resume(const std::string& id, const std::string& workflow = {});
  /// Cancels an unfinished run as `pawl.cancel` does: at once where nobody has it and nobody may know it, else by a
  /// mark for its worker. False where there is none.
  bool cancel(const std::string& id, const std::string& by, const std::string& note = {});
  /// Marks an unfinished run that a worker has, as `pawl.retry_now` does, or marks it as cancelled once more; false
  /// where there is none.
  bool retry_now(const std::string& id, const std::string& by, const std::string& note = {});
  /// Begins an ended run anew as `pawl.rerun` does: at a step, if one is given, and under the keys of the run that had
  /// the effects first unless they are to be repeated. Returns the new run's id; empty where there is none that has
  /// ended, or another run is doing its effects.
  std::string rerun(const std::string& id, const std::string& from_step = {}, bool resend = false);
  /// Declares a worker's epoch dead, as any worker does once its lease has expired.
  void bury(std::int64_t epoch);
  /// Frees a row of an epoch that is over.
  void free(Row& row);

  std::vector<engine::WorkflowName> workflows;  ///< In order of registration.
  std::map<std::int64_t, Row> rows;
  std::vector<Archived> archive;
  std::map<std::int64_t, std::string> workers;  ///< Living epochs and their stores.
  std::set<std::int64_t> stopped;               ///< Epochs that ended cleanly: their deliveries do not count.
  engine::Timestamp now{};                      ///< What Postgres' clock says of the events that are emitted.
  std::int64_t next_position = 1;
  std::int64_t next_epoch = 1;
  std::vector<engine::StepReport> step_reports;  ///< The last that a worker made.
  int step_reports_made = 0;                     ///< How many it tried to make.
  std::string outage;                            ///< While not empty every call throws UnavailableError with it.

 private:
  void name(engine::Event& event);
  /// Whether an unfinished run does its effects under the same keys as this one.
  bool does_effects_of(const engine::Event& event) const;
  Row* find(const std::string& id);
  bool lives(std::int64_t epoch) const { return workers.contains(epoch) && !stopped.contains(epoch); }
  void mark(Row& row, engine::Mark::Kind kind, const std::string& by, const std::string& note);
  std::int64_t marks_made_ = 0;
};

class MemoryOutbox : public engine::Outbox {
 public:
  explicit MemoryOutbox(MemoryOutboxTable& table) : table_(table) {}

  engine::Registered open(const engine::Registration& registration) override;
  std::vector<engine::Event> claim(const engine::ClaimRequest& request) override;
  void sleep(engine::Duration) override {}
  std::size_t finish(std::span<const engine::FinishedEvent> finished) override;
  std::vector<engine::Mark> marks(std::int64_t above) override;
  void take_off(std::span<const engine::Mark> marks) override;
  std::vector<std::string> resolved(std::span<const std::string> run_ids) override;
  void renew() override;
  void report(std::span<const engine::StepReport> steps, engine::Timestamp now) override;
  void release(std::span<const std::int64_t> unstarted_positions) override;

  std::int64_t epoch() const { return epoch_; }

 private:
  void require_alive() const;
  bool may_claim(const MemoryOutboxTable::Row& row, const engine::ClaimRequest& request) const;
  std::vector<MemoryOutboxTable::Row*> claimable(const engine::ClaimRequest& request) const;
  void require_no_copy(const engine::Registration& registration) const;
  void adopt(const engine::Registration& registration);

  MemoryOutboxTable& table_;
  std::int64_t epoch_ = 0;
};

}  // namespace pawl::testing
