// The payload of `pms/connection.sync.recovered`, parsed, redacted and bounded once for all that follows.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/authoring/event.h"
#include "workflows/depositlink/payload/payload_reader.h"

namespace pawl::confirm_sync_recovery {

inline constexpr const char* kEventType = "pms/connection.sync.recovered";

struct SyncRecovered {
  std::string connection_id;
  std::string org_id;
  std::string provider;      ///< As a person reads it, for example `Reapit`.
  std::string label;         ///< The organisation's own name for the connection; may be empty.
  std::string failed_at;     ///< Of the outage's first failure: RFC 3339 in UTC.
  std::string recovered_at;  ///< Of the success that ended it: the same form, and no earlier.
};

/// One for all the steps of a run, which would else hold a copy each.
using SharedRecovery = std::shared_ptr<const SyncRecovered>;

/// One thread.
class SyncRecoveredReader {
 public:
  SyncRecoveredReader();

  /// Throws engine::PermanentError naming each field that is wrong, and how. Unknown fields are ignored.
  SyncRecovered read(const engine::Event& event);

  /// As PayloadReader has them.
  std::string to_keep(const std::string& payload) { return reader_.to_keep(payload); }
  std::optional<std::string> to_archive(const std::string& payload) { return reader_.to_archive(payload); }

 private:
  depositlink::PayloadReader reader_;
};

}  // namespace pawl::confirm_sync_recovery
