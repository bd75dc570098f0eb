// Who is told: owners and admins of the organisation, nobody else.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/postgres_recipients.h"

using namespace pawl;
using namespace pawl::tests;

namespace {
std::vector<std::string> in_order(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}
}  // namespace

TEST_CASE_METHOD(PostgresFixture, "members are never notified, and nobody outside the organisation is") {
  const Organisation acme(*this, "acme"), other(*this, "other");
  depositlink::PostgresRecipients directory(conninfo);
  const std::vector<std::string> ids{other.id, acme.id, Worker::new_store(), "not a uuid", acme.id};
  const auto found = directory.owners_and_admins(ids);
  REQUIRE(found.size() == 5);
  CHECK(found[0].org_name == "The other");
  CHECK(found[0].user_ids == in_order({other.owner, other.admin}));
  CHECK(found[1].org_name == "The acme");
  CHECK(found[1].user_ids == in_order({acme.owner, acme.admin}));
  REQUIRE(found[0].emails.size() == 2);
  CHECK(found[0].emails[0] != found[0].emails[1]);
  CHECK(found[2].user_ids.empty());
  CHECK(found[2].org_name.empty());
  CHECK(found[3].user_ids.empty());
  CHECK(found[4].user_ids == found[1].user_ids);
}

TEST_CASE_METHOD(PostgresFixture, "a deployment with other tables redefines the view and nothing else") {
  exec("create table staff (company uuid, person uuid, rank text)");
  exec(
      "create or replace view pawl.recipients as select company as org_id, 'Firm'::text as org_name,"
      " person as user_id, 'a@b.example'::text as email, 'A'::text as full_name,"
      " case rank when 'boss' then 'owner' else 'member' end as role from staff");
  const std::string company = Worker::new_store(), boss = Worker::new_store(), clerk = Worker::new_store();
  exec(
      "insert into staff values ($1::uuid, $2::uuid, 'boss'), ($1::uuid, $2::uuid, 'boss'), ($1::uuid, $3::uuid, "
      "'clerk')",
      {company, boss, clerk});
  depositlink::PostgresRecipients directory(conninfo);
  const auto found = directory.owners_and_admins(std::vector{company});
  CHECK(found[0].user_ids == std::vector<std::string>{boss});
}

TEST_CASE("a server that cannot be reached is unavailable, and the error says what to check") {
  depositlink::PostgresRecipients directory("host=127.0.0.1 port=1 dbname=nowhere");
  CHECK_THROWS_AS(directory.owners_and_admins(std::vector{Worker::new_store()}), engine::UnavailableError);
  CHECK_THROWS_WITH(directory.owners_and_admins(std::vector{Worker::new_store()}), Catch::Contains("PAWL_POSTGRES"));
}

TEST_CASE("a database that was never migrated is refused with the command to run") {
  const EmptyDatabase empty;
  depositlink::PostgresRecipients directory(empty.conninfo);
  CHECK_THROWS_AS(directory.owners_and_admins(std::vector{Worker::new_store()}), engine::RefusedError);
  CHECK_THROWS_WITH(directory.owners_and_admins(std::vector{Worker::new_store()}), Catch::Contains("pawl migrate"));
}
