// Checks a field and gives it its type.
#include "workflows/depositlink/payload/typed_fields.h"

#include <algorithm>

#include "engine/authoring/uuid.h"
#include "workflows/text/ascii.h"
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

void TypedFields::require_all() const {
  if (!problems_.empty()) throw engine::PayloadRefused(problems_);
}

std::string TypedFields::uuid(std::size_t field) {
  const std::size_t found = problems_.size();
  const std::string& text = string(field, "a UUID string");
  if (engine::is_uuid(text)) return text::lower_cased(text);
  if (problems_.size() == found) unexpected(field, "a UUID string", text::in_quotes(text));
  return {};
}

std::string TypedFields::moment(std::size_t field) {
  const std::size_t found = problems_.size();
  const std::string& text = string(field, "an RFC 3339 time");
  if (const auto at = text::parse_rfc3339(text)) return text::to_rfc3339(*at);
  if (problems_.size() == found) unexpected(field, "an RFC 3339 time", text::in_quotes(text));
  return {};
}

const std::string& TypedFields::string(std::size_t field, const char* expected) {
  const PayloadField& found = fields_[field];
  if (found.type == Type::discarded) return unexpected(field, expected, "nothing");
  if (found.type != Type::string) return unexpected(field, expected, json(found.type).type_name());
  return found.text;
}

std::string TypedFields::optional_string(std::size_t field) {
  const Type type = fields_[field].type;
  return type == Type::discarded || type == Type::null ? std::string() : string(field, "a string or null");
}

std::string TypedFields::provider(std::size_t field) {
  const std::size_t found = problems_.size();
  std::string provider = line(string(field, "a non-empty string"), kProviderMax);
  if (!provider.empty()) return as_people_write(std::move(provider));
  if (problems_.size() == found) unexpected(field, "a non-empty string", "\"\"");
  return {};
}

std::string TypedFields::label(std::size_t field) { return line(optional_string(field), kLabelMax); }

const std::string& TypedFields::unexpected(std::size_t field, const std::string& expected, const std::string& got) {
  static const std::string kNone;
  std::string problem = "payload.";
  problem.append(fields_.specs[field].name).append(": expected ").append(expected).append(", got ").append(got);
  problems_.push_back(std::move(problem));
  return kNone;
}

}  // namespace pawl::depositlink
