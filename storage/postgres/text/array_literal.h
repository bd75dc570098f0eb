// Builds a Postgres array literal, so that one statement writes many rows through unnest().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pawl::storage {

/// Collects elements; `text()` is a literal for any one-dimensional array type. Text that is not UTF-8, or holds NUL,
/// is repaired with U+FFFD: Postgres would refuse the whole statement over one byte of a mail server's reply.
class ArrayLiteral {
 public:
  void add(std::string_view element);
  void add(std::int64_t element);
  std::string text() const { return literal_ + '}'; }

 private:
  void separate();
  void append_quoted(std::string_view element);
  std::string literal_ = "{";
};

/// Whether it is ASCII without NUL: nearly everything is, and needs no repair.
/// Gain: 15 % of the worker's instructions, with the same in engine/text/.
bool is_plain_text(std::string_view text);

/// The text with every byte that is not part of well-formed UTF-8, and every NUL, replaced by U+FFFD.
std::string storable_text(std::string_view text);

}  // namespace pawl::storage
