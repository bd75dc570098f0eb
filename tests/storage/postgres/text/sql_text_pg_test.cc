// Parts of statements against the server that has to understand them.
#include <catch2/catch.hpp>

#include "storage/postgres/text/sql_text.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using storage::Fraction;
using storage::utc_text;

TEST_CASE("any text travels as a literal unchanged") {
  tests::PostgresFixture database;
  for (const std::string text : {"", "plain", "it's", "''", "\\", "\\'; --", "\"\n$1 caf\xC3\xA9"})
    CHECK(database.exec("select " + storage::sql_literal(text)) == tests::Table{{text}});
  CHECK(database.exec("select 'it''s' in (" + storage::sql_literals({"b", "it's"}) + ")") == tests::Table{{"t"}});
  CHECK(storage::sql_literals({}).empty());
}

TEST_CASE("a moment is told in UTC, as finely as asked, and an infinite one not at all") {
  tests::PostgresFixture database;
  const std::string moment = "'2026-11-24 05:00:00.123456+02'::timestamptz";
  CHECK(database.exec("select " + utc_text(moment, Fraction::kNone) + ", " + utc_text(moment) + ", " +
                      utc_text(moment, Fraction::kMicroseconds)) ==
        tests::Table{{"2026-11-24T03:00:00Z", "2026-11-24T03:00:00.123Z", "2026-11-24T03:00:00.123456Z"}});
  for (const std::string none : {"infinity", "-infinity"})
    CHECK(database.exec("select " + utc_text("'" + none + "'::timestamptz") + " is null") == tests::Table{{"t"}});
  CHECK(database.exec("select " + utc_text("null::timestamptz") + " is null") == tests::Table{{"t"}});
}
