// The generated config file: whole, true and readable.
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>

#include "tests/bin/reference/fixture.h"

using namespace pawl::bin;

TEST_CASE_METHOD(ReferenceFixture, "the config file has every setting of the help as a comment, and sets none") {
  const std::string config = generated({"config"});
  out.str("");
  REQUIRE(run({"--help"}) == ExitCode::kDone);
  const std::string help = out.str();
  const std::regex setting("--([a-z-]+) [^\n]*\\(Env:PAWL_");
  int settings = 0;
  for (std::sregex_iterator one(help.begin(), help.end(), setting), end; one != end; ++one, ++settings)
    if ((*one)[1] != "config") CHECK_THAT(config, Catch::Contains("\n#" + (*one)[1].str() + " = \""));
  CHECK(settings > 30);
  CHECK_FALSE(std::regex_search(config, std::regex("(^|\n)[^#\n]")));
}

TEST_CASE_METHOD(ReferenceFixture, "the defaults that the config file shows are taken where it sets them") {
  const std::string path = directory.path() + "/pawl.ini";
  const std::string config = generated({"config"});
  std::ofstream(path) << std::regex_replace(config, std::regex("\n#([a-z-]+ = \"[^\"\n]+\")"), "\n$1");
  CHECK(run({"--config", path.c_str(), "help"}) == ExitCode::kDone);
  CHECK(err.str().empty());
}

TEST_CASE_METHOD(ReferenceFixture, "the config file sets what was given while it was made") {
  const std::string config = generated({"config", "--lease", "1m", "--checkpoints", "/var/lib/pawl/checkpoints.db"});
  CHECK_THAT(config, Catch::Contains("\nlease = \"1m\"\n") &&
                         Catch::Contains("\ncheckpoints = \"/var/lib/pawl/checkpoints.db\"\n") &&
                         Catch::Contains("\n#retention = \"30d\"\n"));
}
