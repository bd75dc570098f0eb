// What is told beside the moments of a run.
#include "bin/operations/runs/timeline.h"

#include <catch2/catch.hpp>

using namespace pawl::bin;

TEST_CASE("how much later something was is said in one unit") {
  const std::string from = "2026-11-24T03:00:00.000Z";
  CHECK(later(from, "2026-11-24T03:00:00.900Z").empty());
  CHECK(later(from, "2026-11-24T02:00:00Z").empty());
  CHECK(later(from, "2026-11-24T03:00:42Z") == "42 s later");
  CHECK(later(from, "2026-11-24T03:03:10.123456Z") == "3 min later");
  CHECK(later(from, "2026-11-24T09:00:00Z") == "6 h later");
  CHECK(later(from, "2026-11-27T03:00:00Z") == "3 days later");
  CHECK(later(from, "soon").empty());
}

TEST_CASE("moments with more digits and with fewer stand in the order of time") {
  std::vector<StoryLine> lines;
  for (const char* at :
       {"2026-11-24T03:00:00.124Z", "2026-11-24T03:00:00.123456Z", "2026-11-24T03:00:00.123Z", "2026-11-24T03:00:00Z"})
    lines.push_back({at, "", "", "", 0, "", "", ""});
  sort_by_time(lines);
  std::string order;
  for (const StoryLine& line : lines) order.append(line.at.substr(19)).append(" ");
  CHECK(order == "Z .123Z .123456Z .124Z ");
}

TEST_CASE("a person is told by name and address, as far as they are known") {
  pawl::storage::RunHistory history;
  history.people = {{"1", {"Ada Owner", "ada@example.com"}}, {"2", {"", "bea@example.com"}}, {"3", {"Cy", ""}}};
  CHECK(person_of(history, "1") == "Ada Owner <ada@example.com>");
  CHECK(person_of(history, "2") == "bea@example.com");
  CHECK(person_of(history, "3") == "Cy");
  CHECK(person_of(history, "4").empty());
}
