// Plans that are kept on a connection: used again, made anew in time, and never missed where they are not.
#include <catch2/catch.hpp>

#include "storage/postgres/binary_array.h"
#include "storage/postgres/connection.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;
using storage::Plan;

namespace {

struct PreparedStatementsFixture : PostgresFixture {
  storage::PostgresConnection connection{conninfo};
  const std::string sql = "insert into public.seen (number) values ($1::bigint) returning number";

  PreparedStatementsFixture() { exec("create table seen (number bigint)"); }

  std::int64_t insert(std::int64_t number) {
    return connection.run_binary("insert", sql, {storage::binary(number)}, Plan::kKept).integer(0, 0);
  }
  std::string prepared(const std::string& what = "count(*)") {
    return connection.run("look", "select " + what + " from pg_prepared_statements where statement = $1", {sql})
        .string(0, 0);
  }
};

}  // namespace

TEST_CASE_METHOD(PreparedStatementsFixture, "a kept plan serves many calls and is made anew after a hundred",
                 "[session]") {
  for (int number = 0; number < 100; ++number) CHECK(insert(number) == number);
  CHECK(prepared() == "1");
  const std::string first = prepared("prepare_time");
  CHECK(insert(100) == 100);
  CHECK(prepared() == "1");
  CHECK(prepared("prepare_time") != first);
  CHECK(value("select count(*) from seen") == "101");
}

TEST_CASE_METHOD(PreparedStatementsFixture,
                 "a statement whose plan is gone happens once all the same, and is prepared no more", "[session]") {
  insert(1);
  connection.run("forget", "deallocate all", {});  // as by another server behind a pooler
  CHECK(insert(2) == 2);
  CHECK(insert(3) == 3);
  CHECK(value("select string_agg(number::text, ' ' order by number) from seen") == "1 2 3");
  CHECK(prepared() == "0");
}

TEST_CASE_METHOD(PreparedStatementsFixture,
                 "a statement that fails with a kept plan fails as any other and happens not at all") {
  exec("alter table seen add constraint small check (number < 10)");
  CHECK_THROWS_WITH(insert(11), Catch::Contains("small"));
  CHECK(insert(1) == 1);
  CHECK(value("select count(*) from seen") == "1");
}
