// What of a payload is read, kept and archived: parsed and redacted once for all three.
#pragma once

#include <optional>
#include <string>

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
  /// `to_keep` gave, that itself where the original has secrets.
  std::optional<std::string> to_archive(const std::string& payload);

 private:
  void remember(const std::string& payload);

  const FieldSpecs specs_;
  bool known_ = false;
  std::string payload_;
  std::optional<PayloadFields> fields_;                ///< Of `payload_`.
  std::optional<std::optional<std::string>> archive_;  ///< Of `payload_`.
};

}  // namespace pawl::depositlink
