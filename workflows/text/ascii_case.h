// Upper and lower case of ASCII letters; every other byte stays, whatever the locale.
#pragma once

#include <string>

namespace pawl::text {

constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

inline std::string lower_cased(std::string text) {
  for (char& c : text) c = to_lower(c);
  return text;
}
inline std::string upper_cased(std::string text) {
  for (char& c : text) c = to_upper(c);
  return text;
}

}  // namespace pawl::text
