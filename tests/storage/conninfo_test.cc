// Which connection strings are refused before anything is connected, and what a session's own looks like.
#include "storage/conninfo.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "engine/errors.h"
#include "storage/postgres_address.h"

using namespace pawl::storage;

namespace {

std::string value_of(const std::string& keyword, const std::string& conninfo) {
  std::string last;
  for (const auto& [name, value] : conninfo_keywords(conninfo))
    if (name == keyword) last = value;
  return last;
}

}  // namespace

TEST_CASE("a connection string that libpq cannot use is refused without a word of its password") {
  for (const char* conninfo :
       {"postgresql://app:cana%zzry@127.0.0.1/app", "postgresql://app:cana/ry@127.0.0.1/app",
        "postgresql://app:12/canary@127.0.0.1/app", "postgresql://app:1@canary@127.0.0.1/app",
        "postgresql://app:1/x?canary@127.0.0.1/app", "postgres:app:canary@127.0.0.1/app", "canary",
        "host=db password=a canary", "host=db password='canary", "host=db passwort=canary",
        "host=db password=a=b canary", "host=db sslmode=canary", "host=db port=canary", "host=db port=5432,0",
        "host=db connect_timeout=canary", "host=db target_session_attrs=canary", "postgresql://db/app?canary=1",
        "postgresql://[canary/app"}) {
    INFO(conninfo);
    const auto why = why_unusable(conninfo);
    REQUIRE(why);
    CHECK_THAT(*why, !Catch::Contains("cana") && !Catch::Contains("ry@"));
    CHECK_THROWS_AS(session_conninfo({conninfo}, true), pawl::engine::RefusedError);
  }
}

TEST_CASE("what psql accepts is accepted, and read as libpq reads it") {
  CHECK(value_of("password", "postgresql://app:pa?ss@127.0.0.1/app") == "pa?ss");
  CHECK(value_of("password", "postgresql://app:a:b%40c@db:5432,other:5433/app?sslmode=require") == "a:b@c");
  CHECK(value_of("dbname", "postgres://db/app") == "app");
  CHECK(value_of("host", "host=/var/run/postgresql dbname='a b'") == "/var/run/postgresql");
  CHECK_FALSE(why_unusable(""));
  CHECK_FALSE(why_unusable("host=a,b port=5432, user=app@server dbname=a@b"));
}

TEST_CASE("libpq's environment is checked as well, and the variable named") {
  setenv("PGSSLMODE", "canary", 1);
  const auto why = why_unusable("host=db");
  unsetenv("PGSSLMODE");
  REQUIRE(why);
  CHECK_THAT(*why, Catch::StartsWith("PGSSLMODE") && !Catch::Contains("canary"));
}

TEST_CASE("a session has pawl's search path after the options it was given, and none where the address has its own") {
  const std::string path = "-c search_path=pg_catalog,pawl,pg_temp";
  CHECK(value_of("options", session_conninfo({"host=db"}, true)) == path);
  CHECK(value_of("options", session_conninfo({"options='-c search_path=evil -c work_mem=1MB'"}, true)) ==
        "-c search_path=evil -c work_mem=1MB " + path);
  setenv("PGOPTIONS", "-c jit=off", 1);
  CHECK(value_of("options", session_conninfo({"host=db"}, true)) == "-c jit=off " + path);
  unsetenv("PGOPTIONS");
  PostgresAddress own("options='-c jit=off'");
  own.has_own_path = true;
  CHECK(value_of("options", session_conninfo(own, true)) == "-c jit=off");
  CHECK(value_of("options", session_conninfo({"host=db"}, false)).empty());
}

TEST_CASE("a session has timeouts, speaks UTF-8, and keeps every character of what it was given") {
  const PostgresAddress address("postgresql://app:it's%20a%5Cpa?ss@db/app?connect_timeout=7&client_encoding=LATIN1",
                                std::chrono::seconds{3});
  const std::string conninfo = session_conninfo(address, true);
  CHECK(value_of("password", conninfo) == "it's a\\pa?ss");
  CHECK(value_of("client_encoding", conninfo) == "UTF8");
  CHECK(value_of("connect_timeout", conninfo) == "7");
  CHECK(value_of("tcp_user_timeout", conninfo) == "3000");
  CHECK(value_of("keepalives_idle", conninfo) == "30");
  CHECK(value_of("keepalives_idle", session_conninfo({"host=db keepalives_idle=9"}, true)) == "9");
}
