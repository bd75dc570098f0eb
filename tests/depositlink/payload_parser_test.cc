// What counts as JSON and what is found in it: the same for a payload of any size, so for either parser.
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "workflows/depositlink/payload/parser.h"

using namespace pawl::depositlink;
using nlohmann::json;

namespace {

constexpr std::array<FieldSpec, 2> kFields{{{"connection_id", FieldForm::kUuid}, {"label"}}};

// The label's type and text, or what is wrong with the payload.
std::string outcome(const std::string& payload) {
  try {
    const PayloadField label = parse_fields(payload, kFields)[1];
    return std::string(json(label.type).type_name()) + " " + label.text;
  } catch (const pawl::engine::PermanentError& error) {
    return error.what();
  }
}

// Blanks at its end make it too large for the parser of small payloads.
std::string outcome_if_large(const std::string& payload) { return outcome(payload + std::string(20'000, ' ')); }

void check_both(const std::string& payload, const std::string& expected) {
  INFO(payload);
  CHECK(outcome(payload) == expected);
  CHECK(outcome_if_large(payload) == expected);
}

void check_invalid(const std::string& payload) {
  INFO(payload);
  CHECK(outcome(payload).starts_with("payload: not valid JSON (at byte "));
  CHECK(outcome_if_large(payload).starts_with("payload: not valid JSON (at byte "));
}

std::string nested(std::size_t levels) {
  return "{\"label\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

}  // namespace

TEST_CASE("a value of each type is found as what it is") {
  check_both(R"({"label":"Head office"})", "string Head office");
  check_both(R"({"label":""})", "string ");
  check_both(R"({"label":null})", "null ");
  check_both(R"({"label":false})", "boolean ");
  check_both(R"({"label":["x"]})", "array ");
  check_both(R"({"label":{"label":"x"}})", "object ");
  for (const char* number : {"0", "-0", "7", "-7", "1.5", "1e5", "18446744073709551615", "-9223372036854775808"})
    check_both(std::string("{\"label\":") + number + "}", "number ");
  check_both(R"({"other":"x"})", "discarded ");
  check_both("\t\r\n {}", "discarded ");
}

TEST_CASE("a whole number and one with a fraction stay told apart in what is kept") {
  CHECK(to_json(parse_fields(R"({"label":7})", kFields)) == R"({"label":0})");
  CHECK(to_json(parse_fields(R"({"label":7.5})", kFields)) == R"({"label":0.0})");
}

TEST_CASE("integers of any length are numbers, and what no double can hold is out of range") {
  check_both(R"({"label":18446744073709551616})", "number ");
  check_both(R"({"n":-123456789012345678901234567890,"label":"x"})", "string x");
  check_both(R"({"label":1e-999})", "number ");
  check_both(R"({"n":1e999})", "payload: a number is out of range");
  check_both(R"({"n":1.7976931348623159e308})", "payload: a number is out of range");
  check_both("{\"n\":1" + std::string(1000, '0') + "}", "payload: a number is out of range");
}

TEST_CASE("escapes are resolved, in names too, and halves of a surrogate pair are refused") {
  check_both(R"({"label":"\u00e9\ud83d\ude00\n\/"})", "string \u00e9\U0001F600\n/");
  check_both(R"({"label":"a\u0000b"})", std::string("string a\0b", 10));
  check_both(R"({"l\u0061bel":"x"})", "string x");
  check_invalid(R"({"label":"\ud800"})");
  check_invalid(R"({"label":"\ud800\u0041"})");
  check_invalid(R"({"label":"\udc00"})");
}

TEST_CASE("of a name that stands twice the last value counts, whatever its type") {
  check_both(R"({"label":"x","label":"y"})", "string y");
  check_both(R"({"label":"x","label":7})", "number ");
  check_both(R"({"label":7,"label":"x"})", "string x");
  check_both(R"({"label":"x","other":{"label":"y"}})", "string x");
}

TEST_CASE("64 levels are read and 65 are not") {
  check_both(nested(62), "array ");
  check_both(nested(63), "array ");
  check_both(nested(64), "array ");
  check_both(nested(65), "payload: nested deeper than 64 levels");
  check_both("{\"other\":" + nested(64) + "}", "payload: nested deeper than 64 levels");
}

TEST_CASE("what is no object is refused by its type") {
  check_both("[{}]", "payload: expected an object, got array");
  check_both("\"text\"", "payload: expected an object, got string");
  check_both("7", "payload: expected an object, got number");
  check_both("null", "payload: expected an object, got null");
}

TEST_CASE("bytes that are no UTF-8 are replaced, and a mark of the byte order is passed over") {
  check_both("{\"label\":\"H\xff\xed\xa0\x80z\"}", "string H\uFFFD\uFFFD\uFFFD\uFFFDz");
  check_both("\uFEFF{\"label\":\"x\"}", "string x");
}

TEST_CASE("what JSON does not allow is refused") {
  for (const char* payload : {"",
                              " ",
                              "{",
                              "{}{}",
                              "{} x",
                              "{,}",
                              R"({"label":1,})",
                              R"({"label" 1})",
                              R"({label:1})",
                              R"({'label':1})",
                              R"({"label":"x)",
                              R"({"label":"\x"})",
                              "{\"label\":\"\t\"}",
                              R"({"label":tru})",
                              R"({"label":NaN})",
                              R"({"label":01})",
                              R"({"label":1.})",
                              R"({"label":.5})",
                              R"({"label":+1})",
                              R"({"label":-})",
                              R"({"label":1e})",
                              "{}/**/"})
    check_invalid(payload);
}

TEST_CASE("one payload after the other is read as what it is, after a bad one and a large one too") {
  CHECK(outcome(R"({"label":"first"})") == "string first");
  CHECK(outcome("{").starts_with("payload: not valid JSON"));
  CHECK(outcome_if_large(R"({"label":"large"})") == "string large");
  CHECK(outcome(R"({"label":")" + std::string(10'000, 'x') + "\"}") == "string " + std::string(10'000, 'x'));
  CHECK(outcome(R"({"other":"x"})") == "discarded ");
}
