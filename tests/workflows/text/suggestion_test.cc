// What is taken for a misspelling.
#include "workflows/text/suggestion.h"

#include <catch2/catch.hpp>

using namespace pawl::text;

TEST_CASE("a word that differs by a third of its letters or less was meant to be the nearest one") {
  const std::vector<std::string> verbs{"migrate", "worker", "runs", "resume"};
  for (const char* word : {"wroker", "worke", "workerr", "warker"})
    CHECK(suggestion(word, verbs) == " (did you mean worker?)");
  CHECK(suggestion("run", verbs) == " (did you mean runs?)");
  CHECK(suggestion("resmue", verbs) == " (did you mean resume?)");
}

TEST_CASE("a word that is like no other is not guessed at") {
  CHECK(suggestion("sleep", {"worker", "runs"}) == "");
  CHECK(suggestion("x", {"y"}) == "");
  CHECK(suggestion("", {"y"}) == "");
  CHECK(suggestion("worker", {}) == "");
  CHECK(suggestion(std::string(65, 'w'), {std::string(66, 'w')}) == "");
}
