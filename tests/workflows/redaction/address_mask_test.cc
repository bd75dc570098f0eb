// Addresses become others, the same for the same.
#include "workflows/redaction/address_mask.h"

#include <catch2/catch.hpp>

using pawl::redaction::AddressMask;

TEST_CASE("an address is masked wherever it stands, and the same one in the same way") {
  AddressMask mask;
  CHECK(mask.masked("550 5.1.1 <ada@example.com>: no such user") == "550 5.1.1 <person1@masked.invalid>: no such user");
  CHECK(mask.masked("to bea.b+x@mail.example.org, cc ada@example.com.") ==
        "to person2@masked.invalid, cc person1@masked.invalid.");
  CHECK(mask.masked("mailto:o'brien@[192.0.2.1]") == "mailto:person3@masked.invalid");
  CHECK(mask.masked("j\xC3\xBCrgen@b\xC3\xBC"
                    "cher.example") == "person4@masked.invalid");
}

TEST_CASE("a JSON text stays one") {
  AddressMask mask;
  CHECK(mask.masked(R"({"to":"ada@example.com","text":"for\nbea@example.com\u0020x\tcy@example.com"})") ==
        R"({"to":"person1@masked.invalid","text":"for\nperson2@masked.invalid\u0020x\tperson3@masked.invalid"})");
  CHECK(mask.masked(R"("\u000aada@example.com")") == R"("\u000aperson1@masked.invalid")");
}

TEST_CASE("what has nothing on one side of its @ is left alone") {
  AddressMask mask;
  for (const char* text : {"", "@", "a @ b", "see @team", "run@", "@@", "no address at all"})
    CHECK(mask.masked(text) == text);
}
