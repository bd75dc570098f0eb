// Writes numbers in network order, and ids as sixteen bytes.
#include "storage/binary_array.h"

#include <array>

#include "storage/array_literal.h"
#include "storage/postgres_errors.h"

namespace pawl::storage {

namespace {

// Types of elements: fixed numbers (src/include/catalog/pg_type.dat).
constexpr std::uint32_t kBigint = 20;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kUuid = 2950;

constexpr std::size_t kCountAt = 12;

std::array<char, 4> big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

void append(std::string& bytes, std::uint32_t value) {
  const std::array<char, 4> four = big_endian(value);
  bytes.append(four.data(), four.size());
}

unsigned hex_digit(char digit) { return static_cast<unsigned>(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10); }

}  // namespace

std::string binary(std::int64_t value) {
  std::string bytes;
  append(bytes, static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32));
  append(bytes, static_cast<std::uint32_t>(value));
  return bytes;
}

std::string binary(bool value) { return std::string(1, value ? '\1' : '\0'); }

// Dimensions, whether there are nulls, the type, the number of elements, and the number of the first.
BinaryArray::BinaryArray(std::uint32_t element_type) {
  for (const std::uint32_t field : {1U, 0U, element_type, 0U, 1U}) append(bytes_, field);
}

void BinaryArray::add_element(std::string_view element) {
  const std::array<char, 4> count = big_endian(++count_);
  bytes_.replace(kCountAt, count.size(), count.data(), count.size());
  append(bytes_, static_cast<std::uint32_t>(element.size()));
  bytes_ += element;
}

UuidArray::UuidArray() : BinaryArray(kUuid) {}
BigintArray::BigintArray() : BinaryArray(kBigint) {}
TextArray::TextArray() : BinaryArray(kText) {}

void UuidArray::add(std::string_view uuid) {
  if (!is_uuid(uuid)) throw ValueError("statement for Postgres: \"" + valid_utf8(uuid) + "\" is no UUID");
  std::array<char, 16> bytes{};
  std::size_t digits = 0;
  for (const char c : uuid) {
    if (c == '-') continue;
    char& byte = bytes.at(digits++ / 2);
    byte = static_cast<char>((static_cast<unsigned>(byte) << 4) | hex_digit(c));
  }
  add_element({bytes.data(), bytes.size()});
}

void TextArray::add(std::string_view text) {
  if (is_plain_text(text))
    add_element(text);
  else
    add_element(valid_utf8(text));
}

}  // namespace pawl::storage
