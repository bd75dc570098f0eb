// What a program that is not called pawl says of its commands.
#include "bin/output/program_name.h"

#include <catch2/catch.hpp>

using namespace pawl::bin;

namespace {

std::string called(const char* path) { return program_name(1, &path); }

}  // namespace

TEST_CASE("a program is called by the last part of its path, and pawl where that is no plain word") {
  CHECK(called("/opt/shop/order-worker") == "order-worker");
  CHECK(called("pawl") == "pawl");
  CHECK(called("/opt/shop/") == "pawl");
  CHECK(called("/tmp/a b`c") == "pawl");
  CHECK(called(std::string(65, 'x').c_str()) == "pawl");
  CHECK(program_name(0, nullptr) == "pawl");
}

TEST_CASE("a command that is quoted is the program's, and what else is said of pawl stays") {
  CHECK(in_name_of("order-worker", "pawl waits: `pawl show 1`, then `pawl resume 1`; `systemctl start pawl`") ==
        "pawl waits: `order-worker show 1`, then `order-worker resume 1`; `systemctl start pawl`");
  CHECK(in_name_of("pawl-2", "`pawl show`") == "`pawl-2 show`");
  CHECK(in_name_of("pawl", "`pawl show`") == "`pawl show`");
}

TEST_CASE("in lines of commands each word pawl that arguments follow is the program") {
  CHECK(commands_in_name_of("w", "  pawl runs -o ids | xargs -r pawl cancel > pawl.ini\npawl top") ==
        "  w runs -o ids | xargs -r w cancel > pawl.ini\nw top");
}
