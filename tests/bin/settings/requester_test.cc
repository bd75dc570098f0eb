// Who asked, as the audit trail has it.
#include "bin/settings/requester.h"

#include <catch2/catch.hpp>
#include <cstdlib>

using namespace pawl::bin;

TEST_CASE("whoever asks by sudo is named himself, and as whom he asks") {
  setenv("USER", "pawl", 1);
  setenv("SUDO_USER", "ada", 1);
  CHECK_THAT(requester(), Catch::StartsWith("ada (as pawl)@"));
  setenv("USER", "ada", 1);
  CHECK_THAT(requester(), Catch::StartsWith("ada@"));
  unsetenv("SUDO_USER");
}
