// Cleans lines.
#include "workflows/text/utf8.h"

#include "workflows/text/invisible.h"

namespace pawl::text {
namespace {

bool is_space_or_control(char32_t point) {
  return point <= 0x20 || (point >= 0x7F && point <= 0xA0) || point == 0x2028 || point == 0x2029;
}

}  // namespace

bool is_plain_line(std::string_view text) {
  char before = ' ';
  for (const char c : text) {
    if (c < ' ' || c > '~' || (c == ' ' && before == ' ')) return false;
    before = c;
  }
  return before != ' ' || text.empty();
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max && is_plain_line(text)) return std::string(text);
  std::string line;
  bool space_due = false;
  while (!text.empty()) {
    const char32_t point = take_code_point(text);
    if (is_invisible(point) && !shapes_its_neighbours(point)) continue;
    if (is_space_or_control(point)) {
      space_due = !line.empty();
      continue;
    }
    const std::size_t before = line.size();
    if (space_due) line += ' ';
    append_code_point(line, point);
    space_due = false;
    if (line.size() > bytes_max) {
      line.resize(before);
      break;
    }
  }
  return line;
}

}  // namespace pawl::text
