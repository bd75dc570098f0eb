// Parses the payload within bounds, checks every field, and lets foreign text in only through safe_text.h.
#include "workflows/notify_sync_failure/sync_failed.h"

#include <algorithm>
#include <array>
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

// Looked at before it is parsed: a callback of the parser's costs each value as much again as parsing it.
void require_shallow(const std::string& payload) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const char c = payload[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepthMax)
        throw PermanentError("payload: nested deeper than " + std::to_string(kDepthMax) + " levels");
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
}

// The parser's own message would show a piece of the payload, which may be a secret.
json parse_object(const std::string& payload) {
  if (payload.size() > kPayloadMax)
    throw PermanentError("payload: " + std::to_string(payload.size()) + " bytes, and at most " +
                         std::to_string(kPayloadMax) + " are accepted");
  require_shallow(payload);
  json parsed;
  try {
    parsed = json::parse(valid_utf8(payload));
  } catch (const json::parse_error& error) {
    throw PermanentError("payload: not valid JSON (at byte " + std::to_string(error.byte) + ")");
  } catch (const json::exception&) {
    throw PermanentError("payload: a number is out of range");
  }
  if (!parsed.is_object()) throw PermanentError(std::string("payload: expected an object, got ") + parsed.type_name());
  return parsed;
}

std::string line(const std::string& safe_text, std::size_t max_characters) {
  return shortened(plain_line(safe_text), max_characters);
}

/// Of a payload whose texts are safe.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}

  std::string uuid(const char* name) const {
    const std::string& text = string(name, "a UUID string");
    std::string id = lower_cased(text);
    if (is_canonical_uuid(id)) return id;
    throw unexpected(name, "a UUID string", in_quotes(text));
  }

  std::string moment(const char* name) const {
    const std::string& text = string(name, "an RFC 3339 time");
    if (const auto at = parse_rfc3339(text)) return to_rfc3339(*at);
    throw unexpected(name, "an RFC 3339 time", in_quotes(text));
  }

  const std::string& string(const char* name, const char* expected) const {
    const auto field = object_.find(name);
    if (field == object_.end()) throw unexpected(name, expected, "nothing");
    if (!field->is_string()) throw unexpected(name, expected, field->type_name());
    return field->get_ref<const std::string&>();
  }

  /// Empty where the field is missing or null.
  std::string optional_string(const char* name) const {
    const auto field = object_.find(name);
    if (field == object_.end() || field->is_null()) return {};
    return string(name, "a string or null");
  }
  std::string optional_line(const char* name, std::size_t max_characters) const {
    return line(optional_string(name), max_characters);
  }

 private:
  static PermanentError unexpected(const std::string& name, const std::string& expected, const std::string& got) {
    return PermanentError("payload." + name + ": expected " + expected + ", got " + got);
  }

  const json& object_;
};

std::string provider_of(const Fields& fields) {
  const std::string provider = line(fields.string("provider", "a non-empty string"), kProviderMax);
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

bool is_id(std::string_view text) { return is_canonical_uuid(lower_cased(std::string(text))); }
bool is_moment(std::string_view text) { return parse_rfc3339(std::string(text)).has_value(); }

struct Field {
  const char* name;
  bool (*fits)(std::string_view text) =
      nullptr;  ///< Whether it has the form that it must have; null: any text will do.
};

constexpr auto kFields = std::to_array<Field>({{"connection_id", is_id},
                                               {"sync_log_id", is_id},
                                               {"org_id", is_id},
                                               {"provider"},
                                               {"label"},
                                               {"error_message"},
                                               {"occurred_at", is_moment}});

// What has a form of its own holds no secret. What lacks it must not get it by being trimmed.
std::string safe_value(const Field& field, const std::string& text) {
  if (field.fits && field.fits(text)) return text;
  std::string safe = safe_lines(text, kErrorMax);
  return field.fits && field.fits(safe) ? safe + ' ' : safe;
}

}  // namespace

const json& SyncFailedReader::safe_fields(const std::string& payload) {
  if (payload == payload_ && fields_.is_object()) return fields_;
  fields_ = nullptr;
  const json object = parse_object(payload);
  json fields = json::object();
  for (const Field& field : kFields)
    if (const auto found = object.find(field.name); found != object.end())
      fields[field.name] = found->is_string() ? json(safe_value(field, found->get_ref<const std::string&>())) : *found;
  payload_ = payload;
  return fields_ = std::move(fields);
}

SyncFailed SyncFailedReader::read(const engine::Event& event) {
  const Fields fields(safe_fields(event.payload));
  SyncFailed failure;
  failure.event_id = event.id;
  failure.connection_id = fields.uuid("connection_id");
  failure.sync_log_id = fields.uuid("sync_log_id");
  failure.org_id = fields.uuid("org_id");
  failure.provider = as_people_write(provider_of(fields));
  failure.label = fields.optional_line("label", kLabelMax);
  failure.error_message = fields.optional_string("error_message");
  failure.occurred_at = fields.moment("occurred_at");
  return failure;
}

std::string SyncFailedReader::to_keep(const std::string& payload) {
  json kept;
  try {
    kept = safe_fields(payload);
  } catch (const PermanentError&) {  // the run fails for it, and says why it cannot be read
    return "null";
  }
  for (json& value : kept)
    if (!value.is_string()) value = json(value.type());  // the type will do: the run fails over it, and names it
  return kept.dump();
}

}  // namespace pawl::notify_sync_failure
