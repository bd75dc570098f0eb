// A sample failure, beside the doubles of the ports.
#pragma once

#include <memory>

#include "tests/workflows/depositlink/doubles.h"
#include "tests/workflows/mail/step_call.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"

namespace pawl::notify_sync_failure {

using namespace depositlink;
using mail::fresh_redelivered_and_resumed;
using mail::kEventId;
using mail::kOrgId;
using mail::MemoryLedger;
using mail::MemoryMailer;
using mail::StepCall;

inline SyncFailed sample_failure() {
  return {.connection_id = "0c0c0000-0000-4000-8000-000000000003",
          .sync_log_id = "0d0c0000-0000-4000-8000-000000000004",
          .org_id = kOrgId,
          .provider = "Reapit",
          .label = "Head office",
          .error_message = "401 Unauthorized: the refresh token has been revoked",
          .occurred_at = "2026-11-24T03:00:00Z"};
}

inline SharedFailure shared(SyncFailed failure = sample_failure()) {
  return std::make_shared<const SyncFailed>(std::move(failure));
}

inline nlohmann::json sample_payload() {
  const SyncFailed failure = sample_failure();
  return {{"connection_id", failure.connection_id},
          {"sync_log_id", failure.sync_log_id},
          {"org_id", failure.org_id},
          {"provider", "reapit"},
          {"label", failure.label},
          {"error_message", failure.error_message},
          {"occurred_at", "2026-11-24T03:00:00+00:00"}};
}

inline engine::Event event_of(std::string payload, std::string id = kEventId) {
  engine::Event event;
  event.id = std::move(id);
  event.type = kEventType;
  event.payload = std::move(payload);
  return event;
}

}  // namespace pawl::notify_sync_failure
