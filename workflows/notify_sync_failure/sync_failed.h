// The payload of `pms/connection.sync.failed`, parsed, redacted and bounded once for all that follows.
#pragma once

#include <string>

#include "engine/event.h"

namespace pawl::notify_sync_failure {

inline constexpr const char* kEventType = "pms/connection.sync.failed";

struct SyncFailed {
  std::string event_id;
  std::string connection_id;
  std::string sync_log_id;
  std::string org_id;
  std::string provider;       ///< As a person reads it, for example `Reapit`.
  std::string label;          ///< The organisation's own name for the connection; may be empty.
  std::string error_message;  ///< Secrets redacted, control characters stripped, capped; may be empty.
  std::string occurred_at;    ///< RFC 3339 in UTC, for example `2026-11-24T03:00:00Z`.
};

/// Throws engine::PermanentError naming the field and what is wrong with it. Unknown fields are ignored.
SyncFailed parse_sync_failed(const engine::Event& event);

/// The payload as it may be stored: the fields above alone, their texts redacted, their wrong types still wrong, so
/// that parsing it gives what parsing the original gave. What is no JSON object within bounds becomes `null`.
std::string payload_to_keep(const std::string& payload);

}  // namespace pawl::notify_sync_failure
