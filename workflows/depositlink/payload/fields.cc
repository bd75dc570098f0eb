// Bounds a payload, and makes the texts of its fields safe.
#include "workflows/depositlink/payload/fields.h"

#include "engine/authoring/errors.h"
#include "engine/authoring/uuid.h"
#include "workflows/depositlink/payload/parser.h"
#include "workflows/text/json_text.h"
#include "workflows/text/utc_time.h"

namespace pawl::depositlink {

namespace {

using engine::PermanentError;
using nlohmann::json;
using Type = json::value_t;

// Room for an error message of 1 MB whose every character is escaped as \uXXXX.
constexpr std::size_t kPayloadMax = 8 * 1024 * 1024;

// Whether the text has the form that its field must have; any text will do for the others.
bool fits(FieldForm form, const std::string& text) {
  switch (form) {
    case FieldForm::kUuid:
      return engine::is_uuid(text);
    case FieldForm::kMoment:
      return text::parse_rfc3339(text).has_value();
    case FieldForm::kText:
      return false;
  }
  return false;
}

// What has a form of its own holds no secret. What lacks it must not get it by being trimmed.
std::string safe_value(FieldForm form, const std::string& text, redaction::SafeTexts& texts) {
  if (fits(form, text)) return text;
  std::string safe = texts.lines(text);
  return fits(form, safe) ? safe + ' ' : safe;
}

}  // namespace

PayloadFields pick_fields(const std::string& payload, FieldSpecs specs, redaction::SafeTexts& texts) {
  if (payload.size() > kPayloadMax)
    throw PermanentError("payload: " + std::to_string(payload.size()) + " bytes, and at most " +
                         std::to_string(kPayloadMax) + " are accepted");
  PayloadFields fields = parse_fields(payload, specs);
  for (std::size_t field = 0; field < specs.size(); ++field) {
    if (fields[field].type != Type::string) continue;
    std::string safe = safe_value(specs[field].form, fields[field].text, texts);
    fields.altered = fields.altered || safe != fields[field].text;
    fields[field].text = std::move(safe);
  }
  return fields;
}

std::string to_json(const PayloadFields& fields) {
  std::string object;
  for (std::size_t field = 0; field < fields.specs.size(); ++field) {
    const auto& [type, text] = fields[field];
    if (type == Type::discarded) continue;
    object += object.empty() ? "{\"" : ",\"";
    object.append(fields.specs[field].name).append("\":");
    if (type == Type::string)
      text::append_json_text(object, text);
    else
      object += json(type).dump();
  }
  return object.empty() ? "{}" : object + '}';
}

}  // namespace pawl::depositlink
