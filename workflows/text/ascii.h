// Kinds of characters, and upper and lower case of letters, of ASCII; every other byte is none and stays, whatever the
// locale.
#pragma once

#include <string>

namespace pawl::text {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_letter(char c) { return is_upper(c) || is_lower(c); }
constexpr bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char to_upper(char c) { return is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c; }

inline std::string lower_cased(std::string text) {
  for (char& c : text) c = to_lower(c);
  return text;
}
inline std::string upper_cased(std::string text) {
  for (char& c : text) c = to_upper(c);
  return text;
}

}  // namespace pawl::text
