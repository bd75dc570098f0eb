// Letters of ASCII.
#include "workflows/text/ascii.h"

#include <catch2/catch.hpp>

using pawl::text::lower_cased;

TEST_CASE("an id is compared in lower case") { CHECK(lower_cased("0F0e-Z\xC3\x84") == "0f0e-z\xC3\x84"); }
