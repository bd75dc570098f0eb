// Parameters in Postgres' binary format, which the server reads without parsing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pawl::storage {

/// A bigint, and a boolean.
std::string binary(std::int64_t value);
std::string binary(bool value);

/// A one-dimensional array without nulls, as array_recv takes it (src/backend/utils/adt/arrayfuncs.c). Parsing the text
/// of an id or a number takes the server longer than looking it up in a hash table; there are thousands in a statement.
/// Gain: 5 % of all CPU time.
class BinaryArray {
 public:
  /// Valid until the next element is added.
  std::string_view bytes() const { return bytes_; }

 protected:
  explicit BinaryArray(std::uint32_t element_type);
  void add_element(std::string_view element);

 private:
  std::string bytes_;
  std::uint32_t count_ = 0;
};

class UuidArray : public BinaryArray {
 public:
  UuidArray();
  /// Canonical text; throws ValueError if it is none, as the server would.
  void add(std::string_view uuid);
  /// Its first eight bytes, and its last, as numbers.
  void add(std::uint64_t high, std::uint64_t low);
};

class BigintArray : public BinaryArray {
 public:
  BigintArray();
  void add(std::int64_t value) { add_element(binary(value)); }
};

/// Repairs what is not UTF-8, as ArrayLiteral does.
class TextArray : public BinaryArray {
 public:
  TextArray();
  void add(std::string_view text);
};

/// Where the elements of a TextArray's bytes are, and their sizes; none for any other parameter.
std::vector<std::pair<std::size_t, std::size_t>> text_elements(std::string_view parameter);

}  // namespace pawl::storage
