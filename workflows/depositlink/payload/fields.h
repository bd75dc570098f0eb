// The fields of a payload, picked out of its JSON, with their texts made safe.
#pragma once

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "workflows/redaction/safe_text.h"

namespace pawl::depositlink {

/// What a text has to be for its field. One that has a form of its own holds no secret.
enum class FieldForm { kText, kUuid, kMoment };

struct FieldSpec {
  std::string_view name;
  FieldForm form = FieldForm::kText;
};

inline constexpr std::size_t kFieldsMax = 8;
/// The fields that a type of event has, at most kFieldsMax; outlives whatever is read by it.
using FieldSpecs = std::span<const FieldSpec>;

struct PayloadField {
  nlohmann::json::value_t type = nlohmann::json::value_t::discarded;  ///< `discarded` where the payload lacks it.
  std::string text;  ///< Of a string: by `pick_fields` secrets redacted, control characters stripped, capped.
};

/// In the order of the specs.
struct PayloadFields : std::array<PayloadField, kFieldsMax> {
  FieldSpecs specs = {};
  bool others = false;   ///< The payload has fields beside these.
  bool altered = false;  ///< `pick_fields` has made a text safe that was not.
};

inline constexpr std::size_t kTextMax = 2000;  ///< Characters of a field.

/// Throws engine::PermanentError when the payload is no JSON object within bounds, without showing a piece of it. All
/// other fields are ignored; of a name that stands twice, the last counts.
PayloadFields pick_fields(const std::string& payload, FieldSpecs specs, redaction::SafeTexts& texts);

/// An object of these fields alone, which reads as they do: a value of a wrong type is the empty one of that type.
std::string to_json(const PayloadFields& fields);

}  // namespace pawl::depositlink
