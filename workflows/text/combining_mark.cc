// Asks RE2, which has the categories of all characters.
#include "workflows/text/combining_mark.h"

#include <re2/re2.h>

#include <string>

#include "workflows/text/utf8.h"

namespace pawl::text {

bool is_combining_mark(char32_t point) {
  constexpr char32_t kFirst = 0x0300;
  if (point < kFirst) return false;
  static const RE2 mark("[\\p{Mn}\\p{Me}]");
  std::string character;
  append_code_point(character, point);
  return RE2::FullMatch(character, mark);
}

}  // namespace pawl::text
