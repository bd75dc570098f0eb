// The parts of the outbox contract, and a worker of it.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/ports/outbox.h"
#include "tests/engine/testing/outbox_contract.h"

namespace pawl::engine::contract {

using Ids = std::vector<std::string>;
using Events = std::vector<Event>;

inline constexpr const char* kType = "test/event";
inline constexpr const char* kWorkflow = "handle-test-event";

inline Ids ids_of(const Events& events) {
  Ids ids;
  for (const Event& event : events) ids.push_back(event.id);
  return ids;
}

inline Ids emit(OutboxWorld& world, int count, const std::string& payload = "{}") {
  Ids ids;
  for (int event = 0; event < count; ++event) ids.push_back(world.emit(kType, payload));
  return ids;
}

inline std::string new_store() {
  static int count = 0;
  const std::string digits = std::to_string(++count);
  return "00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

/// A worker, which dies when it is destroyed.
struct Worker {
  explicit Worker(OutboxWorld& world, std::string of = new_store(), Ids runs = {kWorkflow})
      : store(std::move(of)), workflows(std::move(runs)), outbox(world.worker(workflows)) {}

  Registered open(std::vector<WaitingEvent> waiting = {}, Ids moving = {}) {
    const Registered registered = outbox->open({store, std::move(waiting), std::move(moving), lost_to});
    epoch = registered.epoch;
    return registered;
  }
  Events claim(const ClaimLimits& limits) const {
    ClaimRequest request{{}, limits};
    for (const std::string& workflow : workflows) request.workflows.push_back({kType, workflow});
    return outbox->claim(request);
  }
  Events claim(int max = 100, const MovingRuns& moving = {}) const {
    return claim(ClaimLimits{.max = max, .moving = moving});
  }
  Ids claim_ids(int max = 100, const MovingRuns& moving = {}) const { return ids_of(claim(max, moving)); }
  /// Claims until an event comes: one that was freed or committed late is found within seconds.
  Events find(int max = 100) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    Events events;
    while (events.empty() && std::chrono::steady_clock::now() < deadline) events = claim(max);
    return events;
  }
  std::size_t finish(const Event& event, RunStatus status = RunStatus::kDone, const std::string& reason = "",
                     Resumable resumable = Resumable::kAnywhere) const {
    const FinishedEvent finished{event.position, event.id, status, reason, resumable};
    return outbox->finish({&finished, 1});
  }

  std::string store;
  Ids workflows;
  std::int64_t epoch = 0;
  std::int64_t lost_to = 0;
  std::unique_ptr<Outbox> outbox;
};

void check_claiming(const MakeOutboxWorld& make);
void check_claimed_bytes(const MakeOutboxWorld& make);
void check_several_workflows(const MakeOutboxWorld& make);
void check_quarantine(const MakeOutboxWorld& make);
void check_epochs(const MakeOutboxWorld& make);
void check_restarting(const MakeOutboxWorld& make);
void check_copied_stores(const MakeOutboxWorld& make);
void check_finishing(const MakeOutboxWorld& make);
void check_resuming(const MakeOutboxWorld& make);
void check_marks(const MakeOutboxWorld& make);
void check_cancelling(const MakeOutboxWorld& make);

}  // namespace pawl::engine::contract
