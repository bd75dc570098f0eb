// Goes along with nlohmann's parser instead of letting it build a document, most of which nobody would read.
#include "workflows/notify_sync_failure/payload_fields.h"

#include <algorithm>

#include "engine/errors.h"
#include "engine/uuid.h"
#include "workflows/mail/utf8.h"
#include "workflows/notify_sync_failure/plain_text.h"
#include "workflows/notify_sync_failure/safe_text.h"
#include "workflows/notify_sync_failure/utc_time.h"

namespace pawl::notify_sync_failure {

namespace {

using engine::PermanentError;
using nlohmann::json;
using Type = json::value_t;

// Room for an error message of 1 MB whose every character is escaped as \uXXXX.
constexpr std::size_t kPayloadMax = 8 * 1024 * 1024;
constexpr int kDepthMax = 64;
constexpr std::size_t kTextMax = 2000;

// Whether the text has the form that its field must have; any text will do for the others.
bool fits(std::size_t field, const std::string& text) {
  switch (field) {
    case PayloadField::kConnectionId:
    case PayloadField::kSyncLogId:
    case PayloadField::kOrgId:
      return engine::is_uuid(text);
    case PayloadField::kOccurredAt:
      return parse_rfc3339(text).has_value();
    default:
      return false;
  }
}

// What has a form of its own holds no secret. What lacks it must not get it by being trimmed.
std::string safe_value(std::size_t field, const std::string& text) {
  if (fits(field, text)) return text;
  std::string safe = safe_lines(text, kTextMax);
  return fits(field, safe) ? safe + ' ' : safe;
}

class FieldPicker final : public nlohmann::json_sax<json> {
 public:
  PayloadFields take() {
    if (outermost_ != Type::object)
      throw PermanentError(std::string("payload: expected an object, got ") + json(outermost_).type_name());
    return std::move(fields_);
  }

  bool null() override { return see(Type::null); }
  bool boolean(bool) override { return see(Type::boolean); }
  bool number_integer(number_integer_t) override { return see(Type::number_integer); }
  bool number_unsigned(number_unsigned_t) override { return see(Type::number_unsigned); }
  bool number_float(number_float_t, const string_t&) override { return see(Type::number_float); }
  bool binary(binary_t&) override { return see(Type::binary); }
  bool string(string_t& text) override {
    if (is_wanted()) fields_[field_].text = safe_value(field_, text);
    return see(Type::string);
  }
  bool key(string_t& name) override {
    if (depth_ == 1)
      field_ = static_cast<std::size_t>(std::find(kFieldNames.begin(), kFieldNames.end(), name) - kFieldNames.begin());
    return true;
  }
  bool start_object(std::size_t) override { return enter(Type::object); }
  bool start_array(std::size_t) override { return enter(Type::array); }
  bool end_object() override { return leave(); }
  bool end_array() override { return leave(); }

  // The parser's own message would show a piece of the payload, which may be a secret.
  bool parse_error(std::size_t position, const std::string&, const json::exception& error) override {
    if (dynamic_cast<const json::parse_error*>(&error) == nullptr)
      throw PermanentError("payload: a number is out of range");
    throw PermanentError("payload: not valid JSON (at byte " + std::to_string(position) + ")");
  }

 private:
  bool is_wanted() const { return depth_ == 1 && field_ < fields_.size(); }

  bool see(Type type) {
    if (depth_ == 0) outermost_ = type;
    if (is_wanted()) fields_[field_].type = type;
    return true;
  }
  bool enter(Type type) {
    see(type);
    if (++depth_ > kDepthMax)
      throw PermanentError("payload: nested deeper than " + std::to_string(kDepthMax) + " levels");
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  PayloadFields fields_;
  std::size_t field_ = kFieldNames.size();  ///< Whose value comes next at depth 1; beyond the end for any other name.
  int depth_ = 0;
  Type outermost_ = Type::discarded;
};

// Most texts need no escapes, and the library looks at each of their characters for some.
std::string quoted(const std::string& text) {
  const bool plain = mail::is_ascii(text) && std::none_of(text.begin(), text.end(), [](char c) {
                       return c < ' ' || c == '"' || c == '\\' || c == '\x7F';
                     });
  return plain ? '"' + text + '"' : json(text).dump();
}

}  // namespace

PayloadFields pick_fields(const std::string& payload) {
  if (payload.size() > kPayloadMax)
    throw PermanentError("payload: " + std::to_string(payload.size()) + " bytes, and at most " +
                         std::to_string(kPayloadMax) + " are accepted");
  FieldPicker picker;
  json::sax_parse(valid_utf8(payload), &picker);
  return picker.take();
}

std::string to_json(const PayloadFields& fields) {
  std::string object;
  for (std::size_t field = 0; field < fields.size(); ++field) {
    if (fields[field].type == Type::discarded) continue;
    object += object.empty() ? "{\"" : ",\"";
    object.append(kFieldNames[field]).append("\":");
    object += fields[field].type == Type::string ? quoted(fields[field].text) : json(fields[field].type).dump();
  }
  return object.empty() ? "{}" : object + '}';
}

}  // namespace pawl::notify_sync_failure
