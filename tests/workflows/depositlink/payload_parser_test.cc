// What counts as JSON and what is found in it.
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

void check_outcome(const std::string& payload, const std::string& expected) {
  INFO(payload);
  CHECK(outcome(payload) == expected);
}

void check_invalid(const std::string& payload) {
  INFO(payload);
  CHECK(outcome(payload).starts_with("payload: not valid JSON (at byte "));
}

std::string nested(std::size_t levels) {
  return "{\"label\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
}

}  // namespace

TEST_CASE("a value of each type is found as what it is") {
  check_outcome(R"({"label":"Head office"})", "string Head office");
  check_outcome(R"({"label":""})", "string ");
  check_outcome(R"({"label":null})", "null ");
  check_outcome(R"({"label":false})", "boolean ");
  check_outcome(R"({"label":["x"]})", "array ");
  check_outcome(R"({"label":{"label":"x"}})", "object ");
  for (const char* number : {"0", "-0", "7", "-7", "1.5", "1e5", "18446744073709551615", "-9223372036854775808"})
    check_outcome(std::string("{\"label\":") + number + "}", "number ");
  check_outcome(R"({"other":"x"})", "discarded ");
  check_outcome("\t\r\n {}", "discarded ");
}

TEST_CASE("a whole number and one with a fraction stay told apart in what is kept") {
  CHECK(to_json(parse_fields(R"({"label":7})", kFields)) == R"({"label":0})");
  CHECK(to_json(parse_fields(R"({"label":7.5})", kFields)) == R"({"label":0.0})");
}

TEST_CASE("integers of any length are numbers, and what no double can hold is out of range") {
  check_outcome(R"({"label":18446744073709551616})", "number ");
  check_outcome(R"({"n":-123456789012345678901234567890,"label":"x"})", "string x");
  check_outcome(R"({"label":1e-999})", "number ");
  check_outcome(R"({"n":1e999})", "payload: a number is out of range");
  check_outcome(R"({"n":1.7976931348623159e308})", "payload: a number is out of range");
  check_outcome("{\"n\":1" + std::string(1000, '0') + "}", "payload: a number is out of range");
}

TEST_CASE("escapes are resolved, in names too, and halves of a surrogate pair are refused") {
  check_outcome(R"({"label":"\u00e9\ud83d\ude00\n\/"})", "string \u00e9\U0001F600\n/");
  check_outcome(R"({"label":"a\u0000b"})", std::string("string a\0b", 10));
  check_outcome(R"({"l\u0061bel":"x"})", "string x");
  check_invalid(R"({"label":"\ud800"})");
  check_invalid(R"({"label":"\ud800\u0041"})");
  check_invalid(R"({"label":"\udc00"})");
}

TEST_CASE("of a name that stands twice the last value counts, whatever its type") {
  check_outcome(R"({"label":"x","label":"y"})", "string y");
  check_outcome(R"({"label":"x","label":7})", "number ");
  check_outcome(R"({"label":7,"label":"x"})", "string x");
  check_outcome(R"({"label":"x","other":{"label":"y"}})", "string x");
}

TEST_CASE("64 levels are read and 65 are not") {
  check_outcome(nested(62), "array ");
  check_outcome(nested(63), "array ");
  check_outcome(nested(64), "array ");
  check_outcome(nested(65), "payload: nested deeper than 64 levels");
  check_outcome("{\"other\":" + nested(64) + "}", "payload: nested deeper than 64 levels");
}

TEST_CASE("what is no object is refused by its type") {
  check_outcome("[{}]", "payload: expected an object, got array");
  check_outcome("\"text\"", "payload: expected an object, got string");
  check_outcome("7", "payload: expected an object, got number");
  check_outcome("null", "payload: expected an object, got null");
}

TEST_CASE("bytes that are no UTF-8 are replaced, and a mark of the byte order is passed over") {
  check_outcome("{\"label\":\"H\xff\xed\xa0\x80z\"}", "string H\uFFFD\uFFFD\uFFFD\uFFFDz");
  check_outcome("\uFEFF{\"label\":\"x\"}", "string x");
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
