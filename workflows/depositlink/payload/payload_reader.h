// What of a payload is read, kept and archived: parsed and redacted once for all three.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/authoring/define.h"
#include "workflows/depositlink/payload/fields.h"

namespace pawl::depositlink {

/// Of one type of event. What is to be kept of an event is asked just before its run starts, so the last payload is
/// remembered. One thread.
class PayloadReader {
 public:
  explicit PayloadReader(FieldSpecs specs) : specs_(specs) {}

  /// Until the next question. Throws engine::PermanentError as `pick_fields` does.
  const PayloadFields& safe_fields(const std::string& payload);

  /// The payload as it may be stored: the fields of the specs alone, their texts redacted, their wrong types still
  /// wrong, so that reading it gives what reading the original gave. What is no JSON object within bounds becomes
  /// `null`. Where the original has secrets it ends with a mark, for `to_archive`.
  std::string to_keep(const std::string& payload);

  /// The payload with every string in it redacted, whatever else it is; nothing where that changes none. Of what
  /// `to_keep` gave, that itself where the original has secrets. Of one of more than 256 KiB that has other fields or
  /// cannot be read, only the fields of the specs or its size.
  std::optional<std::string> to_archive(const std::string& payload);

 private:
  void remember(const std::string& payload);
  std::string kept_of_large(const std::string& payload);

  const FieldSpecs specs_;
  redaction::SafeTexts texts_{kTextMax};
  bool known_ = false;
  std::string payload_;
  std::optional<PayloadFields> fields_;                ///< Of `payload_`.
  std::optional<std::optional<std::string>> archive_;  ///< Of `payload_`.
};

/// What the reader of a workflow makes of a payload: its input or why it is refused, what is kept and what is archived.
template <class Reader>
auto decode(Reader& reader, const std::string& payload) {
  engine::Event event;
  event.payload = payload;
  using Facts = decltype(reader.read(event));
  const auto read = [&]() -> engine::Decoded<std::shared_ptr<const Facts>> {
    try {
      return std::make_shared<const Facts>(reader.read(event));
    } catch (const engine::PayloadRefused& refusal) {
      return refusal;
    } catch (const engine::PermanentError& refusal) {
      return refusal;
    }
  };
  auto decoded = read();
  decoded.kept = reader.to_keep(payload);
  decoded.archived = reader.to_archive(payload).value_or("");
  return decoded;
}

}  // namespace pawl::depositlink
