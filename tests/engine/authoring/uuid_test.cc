// What counts as an event's id.
#include "engine/authoring/uuid.h"

#include <catch2/catch.hpp>

#include "tests/engine/no_uuids.h"

using pawl::engine::is_uuid;

TEST_CASE("only the canonical form counts as a UUID") {
  CHECK(is_uuid("0f0e0d0c-0b0a-4908-8706-050403020100"));
  CHECK(is_uuid("0F0E0D0C-0B0A-4908-8706-050403020100"));
  for (const char* wrong : pawl::tests::kNoUuids) {
    INFO(wrong);
    CHECK_FALSE(is_uuid(wrong));
  }
}
