// Characters that a database cannot store, in the parameters of a statement.
#include "storage/postgres/unstorable_text.h"

#include <catch2/catch.hpp>

#include "storage/postgres/binary_array.h"

using namespace pawl::storage;

namespace {

std::string array_of(const std::vector<std::string>& texts) {
  TextArray array;
  for (const std::string& text : texts) array.add(text);
  return std::string(array.bytes());
}

}  // namespace

TEST_CASE("each byte of a character that cannot be stored becomes a question mark, and no other byte changes") {
  UnstorableCharacters unstorable;
  unstorable.add("\u2013");
  CHECK(unstorable.marked(array_of({"a \u2013 b", "", "gr\u00f6\u00dfe"})) ==
        array_of({"a ??? b", "", "gr\u00f6\u00dfe"}));
  CHECK(unstorable.marked("a \u2013 b") == "a \u2013 b");  // no array of texts
}

TEST_CASE("a text whose size reads like an unstorable character keeps its size") {
  UnstorableCharacters unstorable;
  unstorable.add("\u0101");  // 0xc4 0x81
  const std::string text(0xc481, 'x');
  CHECK(unstorable.marked(array_of({text})) == array_of({text}));
}

TEST_CASE("after many unstorable characters all but ASCII is marked") {
  UnstorableCharacters unstorable;
  while (unstorable.may_grow()) unstorable.add("\u2013");
  CHECK(unstorable.marked(array_of({"\u65e5 \u672c ok"})) == array_of({"??? ??? ok"}));
}
