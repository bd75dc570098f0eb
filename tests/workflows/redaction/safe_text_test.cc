// Texts that come again and again are made as safe each time as the first time.
#include "workflows/redaction/safe_text.h"

#include <catch2/catch.hpp>
#include <string>

using namespace pawl::redaction;

TEST_CASE("a text that comes again is made as safe as at first, however many came between") {
  SafeTexts texts(60);
  const auto is_same = [&](const std::string& text) { return texts.lines(text) == safe_lines(text, 60); };
  for (int round = 0; round < 2; ++round) {
    for (const std::string text :
         {"password=hunter2Canary9", "GET https://user:hunter2Canary9@api.example failed", "two  blanks",
          " 401 Unauthorized ", "401 Unauthorized: token revoked", "<b>no</b>", ""})
      for (int again = 0; again < 2; ++again) CHECK(is_same(text));
    for (int i = 0; i < 300; ++i) CHECK(is_same("upstream " + std::to_string(i) + " timed out"));
    CHECK(is_same(std::string(61, 'x')));
    CHECK(is_same(std::string(9'000, 'x')));
  }
}
