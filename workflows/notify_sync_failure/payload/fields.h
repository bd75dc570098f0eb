// The fields of a payload, picked out of its JSON, with their texts made safe.
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace pawl::notify_sync_failure {

inline constexpr std::array<std::string_view, 8> kFieldNames = {
    "connection_id", "sync_log_id", "org_id", "provider", "label", "error_message", "occurred_at", "unreadable"};

struct PayloadField {
  enum Index : std::size_t {
    kConnectionId,
    kSyncLogId,
    kOrgId,
    kProvider,
    kLabel,
    kErrorMessage,
    kOccurredAt,
    kUnreadable
  };

  nlohmann::json::value_t type = nlohmann::json::value_t::discarded;  ///< `discarded` where the payload lacks it.
  std::string text;  ///< Of a string: by `pick_fields` secrets redacted, control characters stripped, capped.
};

struct PayloadFields : std::array<PayloadField, kFieldNames.size()> {
  bool others = false;   ///< The payload has fields beside these.
  bool altered = false;  ///< `pick_fields` has made a text safe that was not.
};

/// Throws engine::PermanentError when the payload is no JSON object within bounds, without showing a piece of it. All
/// other fields are ignored; of a name that stands twice, the last counts.
PayloadFields pick_fields(const std::string& payload);

/// An object of these fields alone, which reads as they do: a value of a wrong type is the empty one of that type.
std::string to_json(const PayloadFields& fields);

}  // namespace pawl::notify_sync_failure
