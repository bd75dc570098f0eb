// In-memory doubles of the workflow's ports, and a sample failure.
#pragma once

#include <map>
#include <memory>

#include "engine/authoring/errors.h"
#include "tests/mail/doubles.h"
#include "tests/mail/step_call.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/notify_sync_failure/ports/inbox.h"
#include "workflows/notify_sync_failure/ports/recipients.h"

namespace pawl::notify_sync_failure {

using mail::fresh_redelivered_and_resumed;
using mail::kEventId;
using mail::kOrgId;
using mail::MemoryLedger;
using mail::MemoryMailer;
using mail::StepCall;

inline SyncFailed sample_failure() {
  return {.event_id = kEventId,
          .connection_id = "0c0c0000-0000-4000-8000-000000000003",
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

struct MemoryDirectory final : RecipientDirectory {
  std::map<std::string, Recipients> organisations;
  std::vector<std::string> asked;  ///< Every id of every call.

  std::vector<Recipients> owners_and_admins(std::span<const std::string> org_ids) override {
    std::vector<Recipients> found;
    for (const std::string& id : org_ids) {
      asked.push_back(id);
      found.push_back(organisations[id]);
    }
    return found;
  }
};

struct MemoryInbox final : Inbox {
  std::vector<Notification> posted;
  int calls = 0;

  std::vector<int> post(std::span<const Notification> notifications) override {
    ++calls;
    std::vector<int> rows;
    for (const Notification& notification : notifications) {
      posted.push_back(notification);
      rows.push_back(static_cast<int>(notification.user_ids.size()));
    }
    return rows;
  }
};

}  // namespace pawl::notify_sync_failure
