// A JSON document without its secrets, where all of it is one value.
#include "workflows/redaction/redacted_json.h"

#include <catch2/catch.hpp>

using namespace pawl::redaction;

TEST_CASE("what an event is about stays an id, and is redacted where it holds a secret") {
  for (const char* id : {"cus_9s6XKzkNRiz8i3", "order-4711", "PMS:ab12cd34ef56ab78", "9b3e71c0ffee9b3e71c0ffee"})
    CHECK_FALSE(redacted_json(std::string(R"({"aggregate_id":")") + id + R"("})"));
  for (const char* secret : {"password=hunter2hunter2", "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2VjcmV0c2VjcmV0"})
    CHECK(redacted_json(std::string(R"({"aggregate_id":")") + secret + R"("})"));
}
