// Which connections an impostor could take the place of.
#include "storage/postgres/advice.h"

#include <catch2/catch.hpp>

using pawl::storage::impostor_warning;

TEST_CASE("a Postgres on another host below verify-full is warned of, one on this host is not") {
  for (const char* conninfo :
       {"host=db.internal", "host=db.internal sslmode=require", "postgresql://app:pw@10.0.0.1/app?sslmode=verify-ca",
        "host=localhost,db.internal", "host=localhost hostaddr=10.0.0.1", "host=127.0.0.1.evil.example.org"})
    CHECK_THAT(impostor_warning(conninfo).value_or(""), Catch::Contains("verify-full"));
  for (const char* conninfo :
       {"host=/var/run/postgresql", "host=localhost", "host=127.0.0.1", "host=::1", "host=@socket",
        "host=db.internal sslmode=verify-full", "host=db.internal hostaddr=127.0.0.1"})
    CHECK_FALSE(impostor_warning(conninfo));
  CHECK_THAT(*impostor_warning("host=db.internal password=canary"),
             Catch::Contains("db.internal") && Catch::Contains("prefer") && !Catch::Contains("canary"));
}
