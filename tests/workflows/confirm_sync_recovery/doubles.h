// In-memory doubles of the workflow's ports, and a sample recovery.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/workflows/depositlink/doubles.h"
#include "tests/workflows/mail/step_call.h"
#include "workflows/confirm_sync_recovery/notified_users.h"
#include "workflows/confirm_sync_recovery/sync_recovered.h"

namespace pawl::confirm_sync_recovery {

using mail::kEventId;
using mail::kOrgId;

inline SyncRecovered sample_recovery() {
  return {.connection_id = "0c0c0000-0000-4000-8000-000000000003",
          .org_id = kOrgId,
          .provider = "Reapit",
          .label = "Head office",
          .failed_at = "2026-11-24T03:00:00Z",
          .recovered_at = "2026-11-27T05:10:00Z"};
}

inline nlohmann::json sample_payload() {
  const SyncRecovered recovery = sample_recovery();
  return {{"connection_id", recovery.connection_id},
          {"org_id", recovery.org_id},
          {"provider", "reapit"},
          {"label", recovery.label},
          {"failed_at", "2026-11-24T03:00:00+00:00"},
          {"recovered_at", "2026-11-27T05:10:00Z"}};
}

inline engine::Event event_of(std::string payload, std::string id = kEventId) {
  engine::Event event;
  event.id = std::move(id);
  event.type = kEventType;
  event.payload = std::move(payload);
  return event;
}

struct MemoryNotifiedUsers final : NotifiedUsers {
  std::map<std::string, Notified> outages;  ///< By the success's event.
  int calls = 0;

  std::vector<Notified> notified_of(std::span<const Outage> asked) override {
    ++calls;
    std::vector<Notified> told;
    for (const Outage& outage : asked) told.push_back(outages[outage.event_id]);
    return told;
  }
};

}  // namespace pawl::confirm_sync_recovery
