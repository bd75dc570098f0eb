// Bounds a payload, and makes the texts of its fields safe.
#include "workflows/notify_sync_failure/payload/fields.h"

#include "engine/authoring/errors.h"
#include "engine/authoring/uuid.h"
#include "workflows/notify_sync_failure/payload/parser.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/json_text.h"
#include "workflows/text/utc_time.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::PermanentError;
using nlohmann::json;
using Type = json::value_t;

// Room for an error message of 1 MB whose every character is escaped as \uXXXX.
constexpr std::size_t kPayloadMax = 8 * 1024 * 1024;
constexpr std::size_t kTextMax = 2000;

// Whether the text has the form that its field must have; any text will do for the others.
bool fits(std::size_t field, const std::string& text) {
  switch (field) {
    case PayloadField::kConnectionId:
    case PayloadField::kSyncLogId:
    case PayloadField::kOrgId:
      return engine::is_uuid(text);
    case PayloadField::kOccurredAt:
      return text::parse_rfc3339(text).has_value();
    default:
      return false;
  }
}

// What has a form of its own holds no secret. What lacks it must not get it by being trimmed.
std::string safe_value(std::size_t field, const std::string& text) {
  if (fits(field, text)) return text;
  std::string safe = redaction::safe_lines(text, kTextMax);
  return fits(field, safe) ? safe + ' ' : safe;
}

}  // namespace

PayloadFields pick_fields(const std::string& payload) {
  if (payload.size() > kPayloadMax)
    throw PermanentError("payload: " + std::to_string(payload.size()) + " bytes, and at most " +
                         std::to_string(kPayloadMax) + " are accepted");
  PayloadFields fields = parse_fields(payload);
  for (std::size_t field = 0; field < fields.size(); ++field) {
    if (fields[field].type != Type::string) continue;
    std::string safe = safe_value(field, fields[field].text);
    fields.altered = fields.altered || safe != fields[field].text;
    fields[field].text = std::move(safe);
  }
  return fields;
}

std::string to_json(const PayloadFields& fields) {
  std::string object;
  for (std::size_t field = 0; field < fields.size(); ++field) {
    const auto& [type, text] = fields[field];
    if (type == Type::discarded) continue;
    object += object.empty() ? "{\"" : ",\"";
    object.append(kFieldNames[field]).append("\":");
    if (type == Type::string)
      text::append_json_text(object, text);
    else
      object += json(type).dump();
  }
  return object.empty() ? "{}" : object + '}';
}

}  // namespace pawl::notify_sync_failure
