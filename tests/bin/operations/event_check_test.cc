// What is told of a payload that workflows refuse.
#include "bin/operations/changes/event_check.h"

#include <catch2/catch.hpp>
#include <stdexcept>

#include "engine/authoring/errors.h"

using namespace pawl;
using namespace pawl::bin;

TEST_CASE("a workflow's own words are told, and of what anything else throws only that it cannot be read") {
  std::vector<engine::WorkflowDefinition> build(2);
  build[0].name = "polite";
  build[0].payload_problems = [](const std::string&) -> std::vector<std::string> {
    throw engine::PermanentError("no such currency");
  };
  build[1].name = "chatty";
  build[1].payload_problems = [](const std::string& payload) -> std::vector<std::string> {
    throw std::runtime_error("cannot parse " + payload);
  };
  CHECK(check_payload(build, {"polite", "chatty"}, "hunter2").problems ==
        std::vector<std::string>{"polite cannot read it: no such currency", "chatty cannot read it"});
}

TEST_CASE("JSON with the character NUL in a text or a name is none that Postgres stores") {
  for (const std::string payload :
       {R"({"note": "a\u0000b"})", R"({"a\u0000": 1})", R"(["x", ["\u0000"]])", R"("\u0000")"})
    CHECK_THAT(why_no_json(payload), Catch::Contains("\\u0000"));
  CHECK(why_no_json(R"({"note": "a\\u0000b"})").empty());
}
