// Picks the fields out while the payload is parsed.
#include "workflows/depositlink/payload/parser.h"

#include <algorithm>

#include "engine/authoring/errors.h"
#include "workflows/text/utf8.h"

namespace pawl::depositlink {

namespace {

using engine::PermanentError;
using nlohmann::json;
using Type = json::value_t;

constexpr int kDepthMax = 64;

std::size_t field_named(FieldSpecs specs, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::find(specs, name, &FieldSpec::name) - specs.begin());
}

// Goes along with nlohmann's parser instead of letting it build a document, most of which nobody would read.
class FieldPicker final : public nlohmann::json_sax<json> {
 public:
  explicit FieldPicker(FieldSpecs specs) { fields_.specs = specs; }

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
    see(Type::string);
    if (is_wanted()) fields_[field_].text = std::move(text);
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      field_ = field_named(fields_.specs, name);
      fields_.others = fields_.others || !is_wanted();
    }
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
  bool is_wanted() const { return depth_ == 1 && field_ < fields_.specs.size(); }

  bool see(Type type) {
    if (depth_ == 0) outermost_ = type;
    if (is_wanted()) fields_[field_] = {type, {}};
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
  std::size_t field_ = kFieldsMax;  ///< Whose value comes next at depth 1; beyond the end for any other name.
  int depth_ = 0;
  Type outermost_ = Type::discarded;
};

}  // namespace

PayloadFields parse_fields(const std::string& payload, FieldSpecs specs) {
  FieldPicker picker(specs);
  json::sax_parse(text::valid_utf8(payload), &picker);
  return picker.take();
}

}  // namespace pawl::depositlink
