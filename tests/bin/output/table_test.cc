// The three forms in which lists are printed.
#include "bin/output/table.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::bin;

namespace {

const Table kRuns{{"run", "status", "reason"}, {{"a1", "done", {}}, {"b2", "failed", "no\n\x1b[31mred"}}, 0};

std::string printed(const Table& table, OutputFormat format) {
  std::ostringstream out;
  print_table(out, table, format);
  return out.str();
}

}  // namespace

TEST_CASE("a table is aligned, has no trailing spaces and no control characters") {
  CHECK(printed(kRuns, OutputFormat::kTable) == "run  status  reason\na1   done\nb2   failed  no  [31mred\n");
}

TEST_CASE("letters outside ASCII count as one column each") {
  const Table table{{"name", "n"}, {{"Müller", "1"}, {"Smith", "2"}}, 0};
  CHECK(printed(table, OutputFormat::kTable) == "name    n\nMüller  1\nSmith   2\n");
}

TEST_CASE("JSON output is an array of objects in which a missing value is null and invalid UTF-8 is replaced") {
  const auto rows = nlohmann::json::parse(printed(kRuns, OutputFormat::kJson));
  REQUIRE(rows.size() == 2);
  CHECK(rows[0] == nlohmann::json{{"run", "a1"}, {"status", "done"}, {"reason", nullptr}});
  CHECK(rows[1]["reason"] == "no\n\x1b[31mred");
  CHECK_NOTHROW(printed(Table{{"x"}, {{"\xff"}}, 0}, OutputFormat::kJson));
}

TEST_CASE("ids output is the id column alone, a line each") { CHECK(printed(kRuns, OutputFormat::kIds) == "a1\nb2\n"); }
