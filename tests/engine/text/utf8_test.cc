// Repair of an encoding.
#include "engine/text/utf8.h"

#include <catch2/catch.hpp>

using namespace pawl::engine;
using namespace std::string_literals;

TEST_CASE("well-formed UTF-8 stays as it is") {
  const std::string text = "a\0 \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80 \xED\x9F\xBF \xF4\x8F\xBF\xBF"s;
  CHECK(valid_utf8(text) == text);
}

TEST_CASE("every byte that is no UTF-8 becomes the replacement character") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(valid_utf8("\xFF") == r);
  CHECK(valid_utf8("caf\xE9!") == "caf" + r + "!");
  CHECK(valid_utf8("\xC0\xAF") == r + r);
  CHECK(valid_utf8("\xED\xA0\x80") == r + r + r);
  CHECK(valid_utf8("\xE2\x82") == r + r);
  CHECK(valid_utf8("\xF4\x90\x80\x80") == r + r + r + r);
}
