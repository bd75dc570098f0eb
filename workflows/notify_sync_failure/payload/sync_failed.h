// The payload of `pms/connection.sync.failed`, parsed, redacted and bounded once for all that follows.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/authoring/event.h"
#include "workflows/depositlink/payload/payload_reader.h"

namespace pawl::notify_sync_failure {

inline constexpr const char* kEventType = "pms/connection.sync.failed";

struct SyncFailed {
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

/// One thread.
class SyncFailedReader {
 public:
  SyncFailedReader();

  /// Throws engine::PermanentError naming each field that is wrong, and how. Unknown fields are ignored.
  SyncFailed read(const engine::Event& event);

  /// As PayloadReader has them.
  std::string to_keep(const std::string& payload) { return reader_.to_keep(payload); }
  std::optional<std::string> to_archive(const std::string& payload) { return reader_.to_archive(payload); }

 private:
  depositlink::PayloadReader reader_;
};

}  // namespace pawl::notify_sync_failure
