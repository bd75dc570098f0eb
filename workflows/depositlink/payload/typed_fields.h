// The fields of a payload as what they have to be.
#pragma once

#include <string>

#include "engine/authoring/errors.h"
#include "workflows/depositlink/payload/fields.h"

namespace pawl::depositlink {

/// Of a payload whose texts are safe. Fields go by their index in its specs. Each throws engine::PermanentError naming
/// the field, what is expected of it, and what was there.
class TypedFields {
 public:
  /// The fields outlive it.
  explicit TypedFields(const PayloadFields& fields) : fields_(fields) {}

  /// Throws engine::PermanentError with what this field says: why a trigger could not read what the event is about.
  void require_readable(std::size_t unreadable) const;

  std::string uuid(std::size_t field) const;    ///< In lower case.
  std::string moment(std::size_t field) const;  ///< RFC 3339 in UTC.
  const std::string& string(std::size_t field, const char* expected) const;
  /// Empty where the field is missing or null.
  std::string optional_string(std::size_t field) const;
  /// A connection's provider as a person reads it, for example `Reapit`: of `reapit`, which is how programs write it.
  std::string provider(std::size_t field) const;
  /// The organisation's own name for a connection, on one line; may be empty.
  std::string label(std::size_t field) const;

 private:
  engine::PermanentError unexpected(std::size_t field, const std::string& expected, const std::string& got) const;

  const PayloadFields& fields_;
};

}  // namespace pawl::depositlink
