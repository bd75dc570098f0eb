// Checks every field and gives it its type.
#include "workflows/notify_sync_failure/payload/sync_failed.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/authoring/errors.h"
#include "engine/authoring/uuid.h"
#include "workflows/redaction/redacted_json.h"
#include "workflows/text/ascii_case.h"
#include "workflows/text/plain_text.h"
#include "workflows/text/utc_time.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::PermanentError;
using nlohmann::json;
using Type = json::value_t;
using enum PayloadField::Index;

constexpr std::size_t kProviderMax = 60;
constexpr std::size_t kLabelMax = 120;

// Ends what is kept of a payload with secrets. Postgres writes a blank behind each colon, so that none ends with it.
constexpr std::string_view kMark = ",\"redacted\":true}";

// What is kept of a payload that no run can read.
constexpr std::string_view kNothing = "null";

std::string line(const std::string& safe_text, std::size_t max_characters) {
  return text::shortened(text::plain_line(safe_text), max_characters);
}

/// Of a payload whose texts are safe.
class Fields {
 public:
  explicit Fields(const PayloadFields& fields) : fields_(fields) {}

  std::string uuid(PayloadField::Index field) const {
    const std::string& text = string(field, "a UUID string");
    if (engine::is_uuid(text)) return text::lower_cased(text);
    throw unexpected(field, "a UUID string", text::in_quotes(text));
  }

  std::string moment(PayloadField::Index field) const {
    const std::string& text = string(field, "an RFC 3339 time");
    if (const auto at = text::parse_rfc3339(text)) return text::to_rfc3339(*at);
    throw unexpected(field, "an RFC 3339 time", text::in_quotes(text));
  }

  const std::string& string(PayloadField::Index field, const char* expected) const {
    const PayloadField& found = fields_[field];
    if (found.type == Type::discarded) throw unexpected(field, expected, "nothing");
    if (found.type != Type::string) throw unexpected(field, expected, json(found.type).type_name());
    return found.text;
  }

  /// Empty where the field is missing or null.
  std::string optional_string(PayloadField::Index field) const {
    const Type type = fields_[field].type;
    return type == Type::discarded || type == Type::null ? std::string() : string(field, "a string or null");
  }
  std::string optional_line(PayloadField::Index field, std::size_t max_characters) const {
    return line(optional_string(field), max_characters);
  }

 private:
  static PermanentError unexpected(PayloadField::Index field, const std::string& expected, const std::string& got) {
    return PermanentError("payload." + std::string(kFieldNames[field]) + ": expected " + expected + ", got " + got);
  }

  const PayloadFields& fields_;
};

std::string provider_of(const Fields& fields) {
  const std::string provider = line(fields.string(kProvider, "a non-empty string"), kProviderMax);
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

void SyncFailedReader::remember(const std::string& payload) {
  if (known_ && payload == payload_) return;
  fields_.reset();
  archive_.reset();
  payload_ = payload;
  known_ = true;
}

const PayloadFields& SyncFailedReader::safe_fields(const std::string& payload) {
  remember(payload);
  if (!fields_) fields_ = pick_fields(payload);
  return *fields_;
}

SyncFailed SyncFailedReader::read(const engine::Event& event) {
  const PayloadFields& safe = safe_fields(event.payload);
  if (safe[kUnreadable].type == Type::string)
    throw PermanentError("the trigger on the sync log could not read what the event is about: " +
                         safe[kUnreadable].text);
  const Fields fields(safe);
  SyncFailed failure;
  failure.event_id = event.id;
  failure.connection_id = fields.uuid(kConnectionId);
  failure.sync_log_id = fields.uuid(kSyncLogId);
  failure.org_id = fields.uuid(kOrgId);
  failure.provider = as_people_write(provider_of(fields));
  failure.label = fields.optional_line(kLabel, kLabelMax);
  failure.error_message = fields.optional_string(kErrorMessage);
  failure.occurred_at = fields.moment(kOccurredAt);
  return failure;
}

std::string SyncFailedReader::to_keep(const std::string& payload) {
  const bool has_secrets = to_archive(payload).has_value();
  std::string kept = "{}";
  try {
    kept = to_json(safe_fields(payload));
  } catch (const PermanentError&) {  // the run fails for it, and says why it cannot be read
    return std::string(kNothing);
  }
  if (has_secrets) kept.replace(kept.size() - 1, 1, kept == "{}" ? kMark.substr(1) : kMark);
  return kept;
}

// What nothing had to be done to is not looked at again: that is nearly all.
std::optional<std::string> SyncFailedReader::to_archive(const std::string& payload) {
  remember(payload);
  if (payload.ends_with(kMark.substr(1)) || payload == kNothing) return payload;
  if (archive_) return *archive_;
  try {
    if (const PayloadFields& fields = safe_fields(payload); !fields.others && !fields.altered) return std::nullopt;
  } catch (const PermanentError&) {  // no workflow can read it; what its strings hold is redacted all the same
  }
  archive_ = redaction::redacted_json(payload);
  return *archive_;
}

}  // namespace pawl::notify_sync_failure
