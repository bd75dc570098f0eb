// What a library prints stands in the log as any other line.
#include "bin/worker/library_output.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::bin;

TEST_CASE("what a library prints on stderr is a JSON line, told once, and stderr is as before afterwards") {
  std::ostringstream out;
  Log log(out, {.json = true});
  std::FILE* const before = stderr;
  {
    const LibraryOutput output(log);
    for (int i = 0; i < 2; ++i)
      std::fprintf(stderr, "WARNING:  %s\nDETAIL:  %s\n", "collation version mismatch", std::string(9000, 'x').c_str());
    std::fprintf(stderr, "another\n");
  }
  CHECK(stderr == before);
  std::istringstream lines(out.str());
  std::vector<nlohmann::json> told;
  for (std::string line; std::getline(lines, line);) told.push_back(nlohmann::json::parse(line));
  REQUIRE_FALSE(told.empty());
  CHECK(told.front()["level"] == "warn");
  CHECK_THAT(told.front()["text"].get<std::string>(),
             Catch::StartsWith("WARNING:  collation version mismatch DETAIL:"));
  CHECK(told.back()["text"] == "another");
  CHECK(told.size() == 3);  // glibc passes long texts on in two parts
}
