// How much a claim asks for, after answers and failures.
#include "storage/outbox/claim_size.h"

#include <catch2/catch.hpp>

using pawl::storage::ClaimSize;

TEST_CASE("after a failure one event alone is asked for, and soon as much as arrives") {
  ClaimSize size;
  CHECK(size.bytes() == ClaimSize::kMost);
  size.failed(true);
  CHECK(size.bytes() == 1);
  for (int answers = 0; answers < 10; ++answers) size.answered();
  CHECK(size.bytes() > 1);
  CHECK(size.bytes() < ClaimSize::kMost);
}

TEST_CASE("what failed is asked for again only after many answers") {
  ClaimSize size;
  size.failed(true);
  int answers = 0;
  for (; size.bytes() < ClaimSize::kMost; ++answers) size.answered();
  CHECK(answers > 2 * ClaimSize::kGrowsAfter);
}

TEST_CASE("a payload is to blame once its size has arrived twice where the whole has not") {
  ClaimSize size;
  size.failed(true);
  CHECK(size.payload_max() == pawl::engine::kPayloadMax);
  for (int failures = 0; failures < ClaimSize::kAloneAtMost; ++failures) size.failed(true);
  CHECK(size.payload_max() == ClaimSize::kAlwaysArrives);
  CHECK_FALSE(size.left_out());
  CHECK(size.payload_max() == pawl::engine::kPayloadMax);
  size.failed(true);
  CHECK(size.payload_max() == ClaimSize::kAlwaysArrives);
  CHECK(size.left_out());
}

TEST_CASE("a server that is away, or was silent until now, blames no payload") {
  ClaimSize size;
  for (int failures = 0; failures < 100; ++failures) size.failed(false);
  CHECK(size.bytes() == ClaimSize::kMost);
  for (int failures = 0; failures < 100; ++failures) size.failed(true);
  CHECK_FALSE(size.left_out());
  size.answered();
  CHECK(size.payload_max() == pawl::engine::kPayloadMax);
}
