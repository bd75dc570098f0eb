// Writes numbers in network order, and ids as sixteen bytes.
#include "storage/postgres/binary_array.h"

#include <array>

#include "storage/postgres/errors.h"
#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

// Types of elements: fixed numbers (src/include/catalog/pg_type.dat).
constexpr std::uint32_t kBigint = 20;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kUuid = 2950;

constexpr std::size_t kTypeAt = 8;
constexpr std::size_t kCountAt = 12;
constexpr std::size_t kHeaderSize = 20;
constexpr std::size_t kSizeSize = 4;

std::array<char, 4> big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

void append(std::string& bytes, std::uint32_t value) {
  const std::array<char, 4> four = big_endian(value);
  bytes.append(four.data(), four.size());
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (const char byte : bytes.substr(at, kSizeSize)) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

constexpr std::uint8_t kNoDigit = 0xFF;
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(kNoDigit);
  for (unsigned char c = '0'; c <= '9'; ++c) digits[c] = static_cast<std::uint8_t>(c - '0');
  for (unsigned char c = 'a'; c <= 'f'; ++c)
    digits[c] = digits[c - 'a' + 'A'] = static_cast<std::uint8_t>(c - 'a' + 10);
  return digits;
}();

unsigned hex_digit(char digit) { return kHexDigits[static_cast<unsigned char>(digit)]; }

// Where the two digits of each byte are in the canonical text.
constexpr std::array<std::size_t, 16> kDigitsAt = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

// False if it is no UUID. Checked while it is read: there are some ten ids an event.
bool decode(std::string_view uuid, std::array<char, 16>& bytes) {
  if (uuid.size() != 36 || uuid[8] != '-' || uuid[13] != '-' || uuid[18] != '-' || uuid[23] != '-') return false;
  unsigned seen = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned high = hex_digit(uuid[kDigitsAt[i]]), low = hex_digit(uuid[kDigitsAt[i] + 1]);
    bytes[i] = static_cast<char>(high << 4 | low);
    seen |= high | low;
  }
  return seen < 16;
}

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
  std::array<char, 16> bytes{};
  if (!decode(uuid, bytes)) throw ValueError("statement for Postgres: \"" + storable_text(uuid) + "\" is no UUID");
  add_element({bytes.data(), bytes.size()});
}

void UuidArray::add(std::uint64_t high, std::uint64_t low) {
  add_element(binary(static_cast<std::int64_t>(high)) + binary(static_cast<std::int64_t>(low)));
}

void TextArray::add(std::string_view text) {
  if (is_plain_text(text))
    add_element(text);
  else
    add_element(storable_text(text));
}

std::vector<std::pair<std::size_t, std::size_t>> text_elements(std::string_view parameter) {
  std::vector<std::pair<std::size_t, std::size_t>> elements;
  if (parameter.size() < kHeaderSize || number_at(parameter, kTypeAt) != kText) return elements;
  for (std::size_t at = kHeaderSize; at < parameter.size(); at += elements.back().second) {
    const std::size_t size = number_at(parameter, at);
    elements.emplace_back(at += kSizeSize, size);
  }
  return elements;
}

}  // namespace pawl::storage
