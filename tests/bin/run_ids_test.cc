// The ids that verbs take.
#include "bin/run_ids.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "bin/command_error.h"

using namespace pawl::bin;

TEST_CASE("a full id is a lower-case UUID") {
  CHECK(is_full_id("6f1c0a8e-0000-4000-8000-00000000000a"));
  CHECK_FALSE(is_full_id("6F1C0A8E-0000-4000-8000-00000000000A"));
  CHECK_FALSE(is_full_id("6f1c0a8e-0000-4000-8000-00000000000"));
  CHECK_FALSE(is_full_id("6f1c0a8e00000-4000-8000-00000000000a"));
}

TEST_CASE("a dash reads ids from standard input, repetitions are dropped, upper case is lowered") {
  std::istringstream in("a1\nB2\na1\n");
  CHECK(expand_ids({"c3", "-", "a1"}, in) == std::vector<std::string>{"c3", "a1", "b2"});
}

TEST_CASE("what cannot begin an id is refused, and so is no id at all") {
  std::istringstream none;
  CHECK_THROWS_AS(expand_ids({"-"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({"run'; drop"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({"%"}, none), UsageError);
  CHECK_THROWS_AS(expand_ids({""}, none), UsageError);
}
