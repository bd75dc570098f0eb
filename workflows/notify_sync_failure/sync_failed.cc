// Parses the payload within bounds, checks every field, and lets foreign text in only through safe_text.h.
#include "workflows/notify_sync_failure/sync_failed.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/errors.h"
#include "workflows/notify_sync_failure/plain_text.h"
#include "workflows/notify_sync_failure/safe_text.h"
#include "workflows/notify_sync_failure/utc_time.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::PermanentError;
using nlohmann::json;

// Room for an error message of 1 MB whose every character is escaped as \uXXXX.
constexpr std::size_t kPayloadMax = 8 * 1024 * 1024;
constexpr int kDepthMax = 64;
constexpr std::size_t kProviderMax = 60;
constexpr std::size_t kLabelMax = 120;
constexpr std::size_t kErrorMax = 2000;

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

std::string lower_cased(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_canonical_uuid(const std::string& text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

// The parser's own message would show a piece of the payload, which may be a secret.
json parse_object(const std::string& payload) {
  if (payload.size() > kPayloadMax)
    throw PermanentError("payload: " + std::to_string(payload.size()) + " bytes, and at most " +
                         std::to_string(kPayloadMax) + " are accepted");
  const auto bounded = [](int depth, json::parse_event_t, const json&) {
    if (depth > kDepthMax) throw PermanentError("payload: nested deeper than " + std::to_string(kDepthMax) + " levels");
    return true;
  };
  json parsed;
  try {
    parsed = json::parse(valid_utf8(payload), bounded);
  } catch (const json::parse_error& error) {
    throw PermanentError("payload: not valid JSON (at byte " + std::to_string(error.byte) + ")");
  } catch (const json::exception&) {
    throw PermanentError("payload: a number is out of range");
  }
  if (!parsed.is_object()) throw PermanentError(std::string("payload: expected an object, got ") + parsed.type_name());
  return parsed;
}

class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  std::string uuid(const char* name) const {
    const std::string text = string(name, "a UUID string");
    const std::string id = lower_cased(text);
    if (is_canonical_uuid(id)) return id;
    throw unexpected(name, "a UUID string", shown(text));
  }

  std::string moment(const char* name) const {
    const std::string text = string(name, "an RFC 3339 time");
    if (const auto at = parse_rfc3339(text)) return to_rfc3339(*at);
    throw unexpected(name, "an RFC 3339 time", shown(text));
  }

  std::string string(const char* name, const char* expected) const {
    const auto field = object_.find(name);
    if (field == object_.end()) throw unexpected(name, expected, "nothing");
    if (!field->is_string()) throw unexpected(name, expected, field->type_name());
    return field->get<std::string>();
  }

  /// Empty where the field is missing or null.
  std::string optional_string(const char* name) const {
    const auto field = object_.find(name);
    if (field == object_.end() || field->is_null()) return {};
    return string(name, "a string or null");
  }

 private:
  static std::string shown(const std::string& text) { return in_quotes(safe_line(text, 60)); }
  static PermanentError unexpected(const std::string& name, const std::string& expected, const std::string& got) {
    return PermanentError("payload." + name + ": expected " + expected + ", got " + got);
  }

  const json& object_;
};

std::string provider_of(const Fields& fields) {
  const std::string provider = safe_line(fields.string("provider", "a non-empty string"), kProviderMax);
  if (provider.empty()) throw PermanentError("payload.provider: expected a non-empty string, got \"\"");
  return provider;
}

// `reapit` is how programs write it; a name with any capital of its own is left as it is.
std::string as_people_write(std::string provider) {
  const bool plain = std::all_of(provider.begin(), provider.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && !(c >= 'A' && c <= 'Z');
  });
  char& first = provider.front();
  if (plain && first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
  return provider;
}

}  // namespace

SyncFailed parse_sync_failed(const engine::Event& event) {
  const json payload = parse_object(event.payload);
  const Fields fields(payload);
  SyncFailed failure;
  failure.event_id = event.id;
  failure.connection_id = fields.uuid("connection_id");
  failure.sync_log_id = fields.uuid("sync_log_id");
  failure.org_id = fields.uuid("org_id");
  failure.provider = as_people_write(provider_of(fields));
  failure.label = safe_line(fields.optional_string("label"), kLabelMax);
  failure.error_message = safe_lines(fields.optional_string("error_message"), kErrorMax);
  failure.occurred_at = fields.moment("occurred_at");
  return failure;
}

std::string payload_to_keep(const std::string& payload) {
  json object;
  try {
    object = parse_object(payload);
  } catch (const PermanentError&) {  // the run fails for it, and says why it cannot be read
    return "null";
  }
  json kept = json::object();
  for (const char* name :
       {"connection_id", "sync_log_id", "org_id", "provider", "label", "error_message", "occurred_at"}) {
    const auto field = object.find(name);
    if (field == object.end()) continue;
    kept[name] = field->is_string() ? json(safe_lines(field->get<std::string>(), kErrorMax)) : json(field->type());
  }
  return kept.dump();
}

}  // namespace pawl::notify_sync_failure
