// Tables on a terminal: as wide as it is, in colour.
#include "bin/output/terminal_table.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::bin;

namespace {

const Table kThreeRuns{{"run", "status", "reason"},
                       {{"019abd4c-0e55-7a01-8000-6b1d00000c3a", "failed", std::string(60, 'x')},
                        {"019abd4c-0e56-7a02-9000-6b1d000004f7", "done", ""}},
                       0};

std::string laid_out(const Layout& layout) {
  std::ostringstream out;
  print_laid_out(out, kThreeRuns, layout);
  return out.str();
}

}  // namespace

TEST_CASE("a table that fits, or that goes to no terminal, has everything in it") {
  CHECK(laid_out({}) == laid_out({.width = 110}));
  CHECK_THAT(laid_out({}), Catch::Contains("019abd4c-0e55-7a01-8000-6b1d00000c3a  failed  " + std::string(60, 'x')));
}

TEST_CASE("what is too wide has short ids and moments, then gives of its widest column") {
  CHECK(laid_out({.width = 40}) ==
        "run       status  reason\n"
        "00000c3a  failed  xxxxxxxxxxxxxxxxxxxxx\xE2\x80\xA6\n"
        "000004f7  done\n");
  CHECK_THAT(laid_out({.width = 5}), Catch::Contains("00000c3a  failed  xxxxxxx\xE2\x80\xA6\n"));
}

TEST_CASE("a moment is told to the second where there is little room") {
  std::ostringstream out;
  print_laid_out(out, {{"at", "what"}, {{"2026-11-24T03:00:07.125Z", "started"}}, 0}, {.width = 30});
  CHECK(out.str() == "at               what\n11-24 03:00:07Z  started\n");
}

TEST_CASE("words for states are in colour, and nothing else of a cell reaches the terminal as more than text") {
  CHECK_THAT(laid_out({.colour = true}), Catch::Contains("\033[31mfailed\033[0m  " + std::string(60, 'x')));
  CHECK_THAT(laid_out({.colour = true}), Catch::Contains("  \033[32mdone\033[0m\n"));
  std::ostringstream out;
  print_laid_out(out, {{"a"}, {{"x\033[2Jy"}}, 0}, {.colour = true});
  CHECK(out.str() == "a\nx [2Jy\n");
}
