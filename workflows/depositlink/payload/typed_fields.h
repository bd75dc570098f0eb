// The fields of a payload as what they have to be.
#pragma once

#include <string>
#include <vector>

#include "engine/authoring/errors.h"
#include "workflows/depositlink/payload/fields.h"

namespace pawl::depositlink {

/// Of a payload whose texts are safe. Fields go by their index in its specs. What is wrong with one is remembered,
/// naming the field, what is expected of it, and what was there; its value is empty then. Whoever has read all of them
/// asks `require_all`.
class TypedFields {
 public:
  /// The fields outlive it.
  explicit TypedFields(const PayloadFields& fields) : fields_(fields) {}

  /// Throws engine::PermanentError with what this field says: why a trigger could not read what the event is about.
  void require_readable(std::size_t unreadable) const;

  /// Throws engine::PayloadRefused with everything that was wrong with the fields read so far.
  void require_all() const;

  std::string uuid(std::size_t field);    ///< In lower case.
  std::string moment(std::size_t field);  ///< RFC 3339 in UTC.
  const std::string& string(std::size_t field, const char* expected);
  /// Empty where the field is missing or null.
  std::string optional_string(std::size_t field);
  /// A connection's provider as a person reads it, for example `Reapit`: of `reapit`, which is how programs write it.
  std::string provider(std::size_t field);
  /// The organisation's own name for a connection, on one line; may be empty.
  std::string label(std::size_t field);

 private:
  /// Returns the empty value.
  const std::string& unexpected(std::size_t field, const std::string& expected, const std::string& got);

  const PayloadFields& fields_;
  std::vector<std::string> problems_;
};

}  // namespace pawl::depositlink
