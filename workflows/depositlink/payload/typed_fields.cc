// Checks a field and gives it its type.
#include "workflows/depositlink/payload/typed_fields.h"

#include <algorithm>

#include "engine/authoring/uuid.h"
#include "workflows/text/ascii_case.h"
#include "workflows/text/plain_text.h"
#include "workflows/text/utc_time.h"

namespace pawl::depositlink {

namespace {

using engine::PermanentError;
using nlohmann::json;
using Type = json::value_t;

constexpr std::size_t kProviderMax = 60;
constexpr std::size_t kLabelMax = 120;

std::string line(const std::string& safe_text, std::size_t max_characters) {
  return text::shortened(text::plain_line(safe_text), max_characters);
}

// A name with any capital of its own is left as it is.
std::string as_people_write(std::string provider) {
  const bool plain = std::all_of(provider.begin(), provider.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && !(c >= 'A' && c <= 'Z');
  });
  char& first = provider.front();
  if (plain && first >= 'a' && first <= 'z') first = static_cast<char>(first - 'a' + 'A');
  return provider;
}

}  // namespace

void TypedFields::require_readable(std::size_t unreadable) const {
  if (fields_[unreadable].type == Type::string)
    throw PermanentError("the trigger on the sync log could not read what the event is about: " +
                         fields_[unreadable].text);
}

std::string TypedFields::uuid(std::size_t field) const {
  const std::string& text = string(field, "a UUID string");
  if (engine::is_uuid(text)) return text::lower_cased(text);
  throw unexpected(field, "a UUID string", text::in_quotes(text));
}

std::string TypedFields::moment(std::size_t field) const {
  const std::string& text = string(field, "an RFC 3339 time");
  if (const auto at = text::parse_rfc3339(text)) return text::to_rfc3339(*at);
  throw unexpected(field, "an RFC 3339 time", text::in_quotes(text));
}

const std::string& TypedFields::string(std::size_t field, const char* expected) const {
  const PayloadField& found = fields_[field];
  if (found.type == Type::discarded) throw unexpected(field, expected, "nothing");
  if (found.type != Type::string) throw unexpected(field, expected, json(found.type).type_name());
  return found.text;
}

std::string TypedFields::optional_string(std::size_t field) const {
  const Type type = fields_[field].type;
  return type == Type::discarded || type == Type::null ? std::string() : string(field, "a string or null");
}

std::string TypedFields::provider(std::size_t field) const {
  std::string provider = line(string(field, "a non-empty string"), kProviderMax);
  if (provider.empty()) throw unexpected(field, "a non-empty string", "\"\"");
  return as_people_write(std::move(provider));
}

std::string TypedFields::label(std::size_t field) const { return line(optional_string(field), kLabelMax); }

PermanentError TypedFields::unexpected(std::size_t field, const std::string& expected, const std::string& got) const {
  return PermanentError("payload." + std::string(fields_.specs[field].name) + ": expected " + expected + ", got " +
                        got);
}

}  // namespace pawl::depositlink
