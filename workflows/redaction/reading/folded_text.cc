// Takes one character at a time off the original, however it was escaped.
#include "workflows/redaction/reading/folded_text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "workflows/text/combining_mark.h"
#include "workflows/text/html_entity.h"
#include "workflows/text/invisible.h"
#include "workflows/text/utf8.h"

namespace pawl::redaction {

namespace {

using std::string_view;

// The base letters of U+00C0 to U+017F.
constexpr string_view kBaseLetters =
    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlL"
    "lLlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";
static_assert(kBaseLetters.size() == 0x180 - 0xC0);

struct LookAlike {
  char32_t character;
  char ascii;
};
constexpr auto kLookAlikes = std::to_array<LookAlike>(
    {{0x0391, 'A'},  {0x0392, 'B'},  {0x0395, 'E'},  {0x0396, 'Z'},  {0x0397, 'H'}, {0x0399, 'I'}, {0x039A, 'K'},
     {0x039C, 'M'},  {0x039D, 'N'},  {0x039F, 'O'},  {0x03A1, 'P'},  {0x03A4, 'T'}, {0x03A5, 'Y'}, {0x03A7, 'X'},
     {0x03B1, 'a'},  {0x03B9, 'i'},  {0x03BA, 'k'},  {0x03BD, 'v'},  {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C5, 'u'},
     {0x0405, 'S'},  {0x0406, 'I'},  {0x0408, 'J'},  {0x0410, 'A'},  {0x0412, 'B'}, {0x0415, 'E'}, {0x041A, 'K'},
     {0x041C, 'M'},  {0x041D, 'H'},  {0x041E, 'O'},  {0x0420, 'P'},  {0x0421, 'C'}, {0x0422, 'T'}, {0x0423, 'Y'},
     {0x0425, 'X'},  {0x0430, 'a'},  {0x0435, 'e'},  {0x043E, 'o'},  {0x0440, 'p'}, {0x0441, 'c'}, {0x0443, 'y'},
     {0x0445, 'x'},  {0x0455, 's'},  {0x0456, 'i'},  {0x0458, 'j'},  {0x04BB, 'h'}, {0x0501, 'd'}, {0x051D, 'w'},
     {0x2018, '\''}, {0x2019, '\''}, {0x201C, '"'},  {0x201D, '"'},  {0x201E, '"'}, {0x00AB, '"'}, {0x00BB, '"'},
     {0x2010, '-'},  {0x2011, '-'},  {0x2013, '-'},  {0x2190, '='},  {0x2192, '='}, {0x21D2, '='}, {0x2236, ':'},
     {0xA789, ':'},  {0x2028, '\n'}, {0x2029, '\n'}, {0x0085, '\n'}, {0x00A0, ' '}, {0x202F, ' '}, {0x3000, ' '}});

// Controls, and marks that stand by themselves, are passed over like what shows nothing.
bool is_passed_over(char32_t c) {
  return text::is_invisible(c) || text::is_combining_mark(c) || (c < 0x20 && c != '\n') || (c >= 0x7F && c < 0xA0);
}

// The ASCII character that stands for `c`; 0 where none does.
char ascii_of(char32_t c) {
  if (c == '\t' || c == '\r') return ' ';
  if (c >= 0x20 && c < 0x7F) return static_cast<char>(c);
  if (c == '\n') return '\n';
  if (c >= 0xC0 && c < 0x180) return kBaseLetters[c - 0xC0];
  if (c >= 0xFF01 && c <= 0xFF5E) return static_cast<char>(c - 0xFF01 + '!');
  if (c >= 0x2000 && c <= 0x200A) return ' ';
  const auto found =
      std::find_if(kLookAlikes.begin(), kLookAlikes.end(), [c](const LookAlike& one) { return one.character == c; });
  return found == kLookAlikes.end() ? '\0' : found->ascii;
}

// A character and how much of the original stands for it.
struct Unit {
  char32_t character = 0;
  std::size_t length = 0;  ///< 0: there is none.
  std::size_t depth = 0;
};

std::size_t repetitions(string_view text, string_view piece) {
  std::size_t count = 0;
  while (text.substr(count * piece.size()).starts_with(piece)) ++count;
  return count;
}

// The number that `digits` spells, if they are digits of that base all.
bool read_number(string_view digits, int base, char32_t& number) {
  std::uint32_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  number = value;
  return error == std::errc{} && stop == end && !digits.empty();
}

// `%3D`, and `%253D` which was escaped twice.
Unit percent(string_view text) {
  const std::size_t again = repetitions(text.substr(1), "25");
  Unit unit{0, 3 + 2 * again, 1 + again};
  if (text.size() < unit.length || !read_number(text.substr(1 + 2 * again, 2), 16, unit.character)) {
    if (again == 0) return {};
    return {'%', 1 + 2 * again, again};
  }
  return unit.character < 0x80 ? unit : Unit{};
}

constexpr std::size_t kColourMax = 16;

// `&lt;`, `&#60;`, and `&amp;lt;` which was escaped twice.
Unit entity(string_view text) {
  const std::size_t again = repetitions(text.substr(1), "amp;");
  const text::HtmlEntity found = text::html_entity(text.substr(1 + 4 * again));
  if (found.length > 0) return {found.character, 1 + 4 * again + found.length, 1 + again};
  return again == 0 ? Unit{} : Unit{'&', 1 + 4 * again, again};
}

// Backslashes with what they escape: a quote, a slash, a line end, `u0041` or `x41`.
Unit backslashed(string_view text) {
  const std::size_t slashes = repetitions(text, "\\");
  const Unit kept{'\\', slashes, 0};
  if (slashes == text.size()) return kept;
  const char escaped = text[slashes];
  if (escaped == '"' || escaped == '\'' || escaped == '`' || escaped == '/')
    return {static_cast<unsigned char>(escaped), slashes + 1, slashes};
  if (escaped == '\n') return {' ', slashes + 1, 0};  // a command that goes on in the next line
  if (escaped == 'n') return {'\n', slashes + 1, slashes};
  if (escaped == 't' || escaped == 'r') return {' ', slashes + 1, slashes};
  const std::size_t digits = escaped == 'u' ? 4 : escaped == 'x' ? 2 : 0;
  Unit unit{0, slashes + 1 + digits, slashes};
  if (digits == 0 || text.size() < unit.length || !read_number(text.substr(slashes + 1, digits), 16, unit.character))
    return kept;
  return unit;
}

// `^` and a backtick at a line's end, behind a blank: so commands of Windows go on.
Unit goes_on(string_view text) { return text.substr(1).starts_with('\n') ? Unit{' ', 2, 0} : Unit{}; }

// `[31m`, a colour of a terminal whose ESC is left out already.
Unit colour(string_view text) {
  const std::size_t end = text.substr(0, kColourMax).find_first_not_of("0123456789;", 1);
  if (end == string_view::npos || end == 1 || text[end] != 'm') return {};
  return {0x1B, end + 1, 0};
}

Unit escape_at(string_view text) {
  switch (text.front()) {
    case '%':
      return percent(text);
    case '&':
      return entity(text);
    case '\\':
      return backslashed(text);
    case '[':
      return colour(text);
    case '^':
    case '`':
      return goes_on(text);
    default:
      return {};
  }
}

Unit unit_at(string_view original, std::size_t at) {
  const string_view text = original.substr(at);
  const bool continues = text.front() == '^' || text.front() == '`';
  const bool escapes = !continues || (at > 0 && original[at - 1] == ' ');
  if (const Unit escape = escapes ? escape_at(text) : Unit{}; escape.length > 0) return escape;
  string_view rest = text;
  const char32_t character = text::take_code_point(rest);
  return {character, text.size() - rest.size(), 0};
}

void append(FoldedText& folded, string_view characters, std::size_t depth, std::size_t source) {
  folded.text += characters;
  folded.depth.insert(folded.depth.end(), characters.size(),
                      static_cast<std::uint8_t>(std::min<std::size_t>(depth, 9)));
  folded.source.insert(folded.source.end(), characters.size(), static_cast<std::uint32_t>(source));
}

// Printable ASCII that begins no escape: most of any text, taken at once.
std::size_t plain_length(string_view text) {
  const auto special = [](char c) {
    return c < ' ' || c == '\x7F' || c == '%' || c == '&' || c == '\\' || c == '[' || c == '^' ||
           c == '`';  // bytes of other characters are negative
  };
  return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), special) - text.begin());
}

}  // namespace

FoldedText fold(string_view original) {
  FoldedText folded;
  folded.text.reserve(original.size());
  folded.depth.reserve(original.size());
  folded.source.reserve(original.size() + 1);
  for (std::size_t at = 0; at < original.size();) {
    const std::size_t plain = plain_length(original.substr(at));
    folded.text += original.substr(at, plain);
    folded.depth.insert(folded.depth.end(), plain, 0);
    for (const std::size_t end = at + plain; at < end; ++at) folded.source.push_back(static_cast<std::uint32_t>(at));
    if (at == original.size()) break;
    const Unit unit = unit_at(original, at);
    const char ascii = ascii_of(unit.character);
    if (ascii != '\0') {
      append(folded, {&ascii, 1}, unit.depth, at);
    } else if (!is_passed_over(unit.character)) {
      append(folded, original.substr(at, unit.length), unit.depth, at);
    }
    at += unit.length;
  }
  folded.source.push_back(static_cast<std::uint32_t>(original.size()));
  return folded;
}

}  // namespace pawl::redaction
