// What becomes of characters that show nothing, in text that people are shown.
#include "workflows/text/invisible.h"

#include <catch2/catch.hpp>

#include "workflows/text/plain_text.h"
#include "workflows/text/utf8.h"

using namespace pawl::text;

TEST_CASE("what shows nothing is dropped from a text, but for what shapes its neighbours") {
  const std::string hidden = "pa\u00adss\u200b\u2062\u3164\ufeff\U000e0041\U000e01ef";
  const std::string shaped =
      "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 \U0001f469\u200d\U0001f52c \u26a0\ufe0f";
  CHECK(plain_line(hidden + "word") == "password");
  CHECK(one_line(hidden + "word", 100) == "password");
  CHECK(plain_line(shaped) == shaped);
  CHECK(one_line(shaped, 100) == shaped);
}

TEST_CASE("what is drawn, or separates words and lines, is not invisible") {
  for (const char32_t point :
       {U'a', U'\t', U'\n', U'\u00a0', U'\u0301', U'\u2003', U'\u2028', U'\u3000', U'\U0001f600'})
    CHECK_FALSE(is_invisible(point));
}
