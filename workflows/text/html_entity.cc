// The names are a table, the numbers are read.
#include "workflows/text/html_entity.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace pawl::text {

namespace {

using std::string_view;

constexpr std::size_t kLengthMax = 10;
constexpr auto kNamed = std::to_array<std::pair<string_view, char32_t>>({{"amp", U'&'},
                                                                         {"lt", U'<'},
                                                                         {"gt", U'>'},
                                                                         {"quot", U'"'},
                                                                         {"apos", U'\''},
                                                                         {"nbsp", U' '},
                                                                         {"colon", U':'},
                                                                         {"equals", U'='},
                                                                         {"copy", U'\u00A9'},
                                                                         {"ndash", U'\u2013'},
                                                                         {"mdash", U'\u2014'},
                                                                         {"hellip", U'\u2026'},
                                                                         {"laquo", U'\u00AB'},
                                                                         {"raquo", U'\u00BB'},
                                                                         {"middot", U'\u00B7'}});

char32_t numbered(string_view digits) {
  const bool hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex) digits.remove_prefix(1);
  std::uint32_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, hex ? 16 : 10);
  const bool is_scalar = value <= 0x10FFFF && (value < 0xD800 || value > 0xDFFF);
  return error == std::errc{} && stop == end && is_scalar ? value : 0;
}

char32_t named(string_view name) {
  const auto* const found = std::ranges::find(kNamed, name, &std::pair<string_view, char32_t>::first);
  return found == kNamed.end() ? 0 : found->second;
}

}  // namespace

HtmlEntity html_entity(string_view text) {
  const std::size_t end = text.substr(0, kLengthMax).find(';');
  if (end == string_view::npos) return {};
  const string_view name = text.substr(0, end);
  const char32_t character = name.starts_with('#') ? numbered(name.substr(1)) : named(name);
  return character == 0 ? HtmlEntity{} : HtmlEntity{character, end + 1};
}

}  // namespace pawl::text
