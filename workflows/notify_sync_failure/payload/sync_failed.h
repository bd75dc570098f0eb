// The payload of `pms/connection.sync.failed`, parsed, redacted and bounded once for all that follows.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/authoring/event.h"
#include "workflows/notify_sync_failure/payload/fields.h"

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

/// One for all the steps of a run, which would else hold a copy each.
using SharedFailure = std::shared_ptr<const SyncFailed>;

/// Reads payloads. What is to be kept of an event is asked just before its run starts, so the last payload is
/// remembered: it is parsed and redacted once for both. One thread.
class SyncFailedReader {
 public:
  /// Throws engine::PermanentError naming the field and what is wrong with it. Unknown fields are ignored.
  SyncFailed read(const engine::Event& event);

  /// The payload as it may be stored: the fields above alone, their texts redacted, their wrong types still wrong, so
  /// that reading it gives what reading the original gave. What is no JSON object within bounds becomes `null`. Where
  /// the original has secrets it ends with a mark, for `to_archive`.
  std::string to_keep(const std::string& payload);

  /// The payload with every string in it redacted, whatever else it is; nothing where that changes none. Of what
  /// `to_keep` gave, that itself where the original has secrets.
  std::optional<std::string> to_archive(const std::string& payload);

 private:
  const PayloadFields& safe_fields(const std::string& payload);
  void remember(const std::string& payload);

  bool known_ = false;
  std::string payload_;
  std::optional<PayloadFields> fields_;                ///< Of `payload_`.
  std::optional<std::optional<std::string>> archive_;  ///< Of `payload_`.
};

}  // namespace pawl::notify_sync_failure
