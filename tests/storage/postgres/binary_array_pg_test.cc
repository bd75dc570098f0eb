// Binary parameters against the server that has to read them.
#include <catch2/catch.hpp>
#include <limits>

#include "storage/postgres/binary_array.h"
#include "storage/postgres/errors.h"
#include "tests/engine/no_uuids.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using tests::PostgresFixture;

namespace {

struct BinaryArrayFixture : PostgresFixture {
  // The first column of what the statement makes of the value.
  std::vector<std::string> sent(const std::string& sql, std::string_view value) {
    const storage::Rows rows = connection.run_binary("send", sql, {value});
    std::vector<std::string> texts;
    for (std::size_t row = 0; row < rows.size(); ++row) texts.push_back(rows.string(row, 0));
    return texts;
  }
};

}  // namespace

TEST_CASE_METHOD(BinaryArrayFixture, "numbers and truth values arrive as they were sent") {
  using Limits = std::numeric_limits<std::int64_t>;
  const std::vector<std::int64_t> numbers{0, 1, -1, 255, 256, Limits::max(), Limits::min()};
  storage::BigintArray array;
  std::vector<std::string> expected;
  for (const std::int64_t number : numbers) {
    array.add(number);
    expected.push_back(std::to_string(number));
    CHECK(sent("select $1::bigint", storage::binary(number)) == std::vector{expected.back()});
  }
  CHECK(sent("select unnest($1::bigint[])", array.bytes()) == expected);
  CHECK(sent("select $1::boolean", storage::binary(true)) == std::vector<std::string>{"t"});
  CHECK(sent("select $1::boolean", storage::binary(false)) == std::vector<std::string>{"f"});
}

TEST_CASE_METHOD(BinaryArrayFixture,
                 "any text arrives in a binary array as it was sent, once what is not UTF-8 is repaired") {
  storage::TextArray array;
  for (const char* text : {"", "NULL", "{\"a\\b\",'c'}", "line\n\ttab", "caf\xC3\xA9 \xF0\x9F\x98\x80", "caf\xE9"})
    array.add(text);
  array.add(std::string_view("a\0b", 3));
  array.add(std::string(100'000, 'x'));
  CHECK(sent("select unnest($1::text[])", array.bytes()) ==
        std::vector<std::string>{"", "NULL", "{\"a\\b\",'c'}", "line\n\ttab", "caf\xC3\xA9 \xF0\x9F\x98\x80",
                                 "caf\xEF\xBF\xBD",
                                 "a\xEF\xBF\xBD"
                                 "b",
                                 std::string(100'000, 'x')});
}

TEST_CASE_METHOD(BinaryArrayFixture,
                 "a UUID arrives whatever its case, and what is none is refused before it is sent") {
  storage::UuidArray array;
  array.add("00000000-0000-0000-0000-000000000000");
  array.add("0f1e2d3c-4b5a-4968-8776-fedcba987654");
  array.add("0F1E2D3C-4B5A-4968-8776-FEDCBA987654");
  CHECK(sent("select unnest($1::uuid[])", array.bytes()) ==
        std::vector<std::string>{"00000000-0000-0000-0000-000000000000", "0f1e2d3c-4b5a-4968-8776-fedcba987654",
                                 "0f1e2d3c-4b5a-4968-8776-fedcba987654"});
  for (const char* wrong : tests::kNoUuids) {
    INFO(wrong);
    CHECK_THROWS_AS(array.add(wrong), storage::ValueError);
  }
}

TEST_CASE_METHOD(BinaryArrayFixture, "an empty array of each type arrives empty") {
  CHECK(sent("select cardinality($1::uuid[])", storage::UuidArray().bytes()) == std::vector<std::string>{"0"});
  CHECK(sent("select cardinality($1::bigint[])", storage::BigintArray().bytes()) == std::vector<std::string>{"0"});
  CHECK(sent("select cardinality($1::text[])", storage::TextArray().bytes()) == std::vector<std::string>{"0"});
}
