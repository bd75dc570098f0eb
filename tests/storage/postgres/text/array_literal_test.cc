// What is repaired before Postgres is asked to store it.
#include "storage/postgres/text/array_literal.h"

#include <catch2/catch.hpp>

using namespace pawl::storage;

TEST_CASE("every byte that is no UTF-8, and NUL, becomes the replacement character, and the rest stays") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(storable_text(std::string("a\0b\0", 4)) == "a" + r + "b" + r);
  CHECK(storable_text("caf\xE9 \xC3\xA9") == "caf" + r + " \xC3\xA9");
}
