// Array literals against the parser that has to read them.
#include <catch2/catch.hpp>
#include <random>

#include "storage/postgres/text/array_literal.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;

TEST_CASE("any text travels through an array literal unchanged") {
  tests::PostgresFixture database;
  const std::vector<std::string> alphabet{
      "\"",   "\\",   "{",  "}",  ",", "'", " ", "\n", "\t", "NULL", "a", "\xC3\xA9", "\xF0\x9F\x98\x80",
      "\x01", "\x7F", "$1", "--", ""};
  const auto seed = GENERATE(take(20, random(0u, 4'000'000'000u)));
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::vector<std::string> texts{"NULL", "", "{}", "null", "\\", "\""};
  for (int count = 0; count < 50; ++count) {
    std::string text;
    for (unsigned length = random() % 12; length > 0; --length) text += alphabet[random() % alphabet.size()];
    texts.push_back(text);
  }
  storage::ArrayLiteral literal;
  for (const std::string& text : texts) literal.add(text);
  const tests::Table table = database.exec("select t, t is null from unnest($1::text[]) t", {literal.text()});
  REQUIRE(table.size() == texts.size());
  for (std::size_t index = 0; index < texts.size(); ++index) {
    CHECK(table[index][0] == texts[index]);
    CHECK(table[index][1] == "f");
  }
}
