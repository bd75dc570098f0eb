// The application alters its own columns in between of pawl.release_application() and pawl.bind_application().
#include <catch2/catch.hpp>

#include "storage/outbox/chores/application_watch.h"
#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/postgres_recipients.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct ReleasedViewsFixture : PostgresFixture {
  std::string problems() {
    std::string text;
    for (const auto& problem : storage::application_problems(connection)) text += problem.text + "\n";
    return text;
  }
};

}  // namespace

TEST_CASE_METHOD(ReleasedViewsFixture,
                 "the application alters columns that pawl's views read, and pawl reads on as before") {
  const Organisation acme(*this, "acme");
  CHECK_THROWS(exec("alter table users alter email type varchar(200)"));
  connection.transact("alter", [](storage::Transaction& transaction) {
    transaction.script("select pawl.release_application()");
    transaction.script(
        "alter table users alter email type varchar(200), alter full_name type char(40);"
        "alter table pms_connections alter provider type varchar(40); alter table organisations alter name type "
        "varchar");
    transaction.script("select pawl.bind_application()");
  });
  CHECK(problems().empty());
  CHECK(value("select email from pawl.recipients where user_id = $1::uuid", {acme.owner}) == "owner@acme.example");
  CHECK(value("select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'pawl.recipients'::regclass"
              " and attname = 'email'") == "text");
  acme.fail_sync();
  CHECK(value("select payload->>'org_id' from pawl.outbox") == acme.id);
}

TEST_CASE_METHOD(ReleasedViewsFixture,
                 "a view that was released and not bound again is a problem, and says nobody's organisation is empty") {
  const Organisation acme(*this, "acme");
  exec("alter view pawl.recipients set (security_invoker = true)");
  exec("select pawl.release_application()");
  exec("select pawl.release_application()");
  CHECK(problems().find("pawl.recipients reads no table") != std::string::npos);
  depositlink::PostgresRecipients directory(conninfo);
  CHECK_THROWS_WITH(directory.owners_and_admins(std::vector{acme.id}), Catch::Contains("pawl.bind_application()"));
  exec("select pawl.bind_application()");
  CHECK(problems().empty());
  CHECK(directory.owners_and_admins(std::vector{acme.id})[0].user_ids.size() == 2);
  CHECK(value("select reloptions::text from pg_class where oid = 'pawl.recipients'::regclass") ==
        "{security_invoker=true}");
}
