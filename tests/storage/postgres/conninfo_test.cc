// Which connection strings are refused before anything is connected, and what a session's own looks like.
#include "storage/postgres/conninfo.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "engine/authoring/errors.h"
#include "storage/postgres/address.h"
#include "storage/postgres/advice.h"
#include "storage/postgres/passwords.h"
#include "tests/temporary_directory.h"

using namespace pawl;
using namespace pawl::storage;

namespace {

constexpr std::chrono::seconds kForEver{0};

std::string value_of(const std::string& keyword, const std::string& conninfo) {
  std::string last;
  for (const auto& [name, value] : conninfo_keywords(conninfo))
    if (name == keyword) last = value;
  return last;
}

// The one service file while it lives.
class Services {
 public:
  explicit Services(const std::string& text) {
    std::ofstream(directory_.path() + "/services") << text;
    setenv("PGSERVICEFILE", (directory_.path() + "/services").c_str(), 1);
  }
  ~Services() { unsetenv("PGSERVICEFILE"); }
  Services(const Services&) = delete;

 private:
  tests::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("what is no host is refused, and never asked of a name server or quoted") {
  for (const char* conninfo : {"host=db.invalid;port=5432;user=u;password=canary", "host=db.invalid,password=canary",
                               "host=db:canary", "host=127.0.0.1/canary", "hostaddr=127.0.0.1;canary",
                               "user=u;password=canary host=db", "dbname=app;password=canary"}) {
    INFO(conninfo);
    const auto why = why_unusable(conninfo);
    REQUIRE(why);
    CHECK_THAT(*why, Catch::Contains("a blank") && !Catch::Contains("canary"));
  }
  for (const char* conninfo : {"host=/run/postgresql", "host=@pg", "host=::1,fe80::1%eth0,10.0.0.1,db_1.example-a.org",
                               "host='' port=5432", "host=b\xc3\xbc.example", "dbname='a;b' host=db"}) {
    INFO(conninfo);
    CHECK_FALSE(why_unusable(conninfo));
  }
}

TEST_CASE("what libpq would open is a file, or is refused before libpq waits for it") {
  const tests::TemporaryDirectory directory;
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  for (const char* keyword : {"sslrootcert", "sslcert", "sslkey", "sslcrl"})
    for (const std::string& file : {fifo, std::string("/dev/zero"), directory.path()}) {
      const auto why = why_unusable("host=db " + std::string(keyword) + "=" + file);
      REQUIRE(why);
      CHECK_THAT(*why, Catch::Contains("the file of its " + std::string(keyword) + " cannot be read: it is "));
    }
  CHECK_FALSE(why_unusable("host=db sslrootcert=system"));
  CHECK_FALSE(why_unusable("host=db sslrootcert=/nonexistent"));  // libpq names it
  setenv("PGSERVICEFILE", fifo.c_str(), 1);
  const auto why = why_unusable("service=app");
  unsetenv("PGSERVICEFILE");
  REQUIRE(why);
  CHECK_THAT(*why, Catch::Contains("service file: it is no regular file"));
}

TEST_CASE("connecting has an end, whatever the address and the environment say") {
  CHECK(value_of("connect_timeout", session_conninfo({"host=db connect_timeout=0", kForEver}, false)) == "10");
  CHECK(value_of("connect_timeout", session_conninfo({"host=db connect_timeout=-1", kForEver}, false)) == "10");
  CHECK(value_of("connect_timeout", session_conninfo({"host=db connect_timeout=90", kForEver}, false)) == "90");
  setenv("PGCONNECT_TIMEOUT", "0", 1);
  CHECK(value_of("connect_timeout", session_conninfo({"host=db", kForEver}, false)) == "10");
  unsetenv("PGCONNECT_TIMEOUT");
}

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

TEST_CASE("a session has pawl's isolation and path after the options it was given, no path where it has its own") {
  const std::string isolation = "-c default_transaction_isolation=read\\ committed -c extra_float_digits=1 -c jit=off";
  const std::string path = isolation + " -c search_path=pg_catalog,pawl,pg_temp";
  CHECK(value_of("options", session_conninfo({"host=db", kForEver}, true)) == path);
  CHECK(value_of("options", session_conninfo({"options='-c search_path=evil -c work_mem=1MB'", kForEver}, true)) ==
        "-c search_path=evil -c work_mem=1MB " + path);
  setenv("PGOPTIONS", "-c jit=off", 1);
  CHECK(value_of("options", session_conninfo({"host=db", kForEver}, true)) == "-c jit=off " + path);
  unsetenv("PGOPTIONS");
  PostgresAddress own("options='-c jit=off'", kForEver);
  own.has_own_path = true;
  CHECK(value_of("options", session_conninfo(own, true)) == "-c jit=off " + isolation);
  CHECK(value_of("options", session_conninfo({"host=db"}, false)).empty());
}

TEST_CASE("a session waits for somebody's lock a third of the time for an answer, unless the address says how long") {
  const auto options = [](const std::string& conninfo) {
    return value_of("options", session_conninfo({conninfo, std::chrono::seconds{15}}, true));
  };
  CHECK_THAT(options("host=db"), Catch::StartsWith("-c lock_timeout=5000 "));
  CHECK_THAT(options("options='-c lock_timeout=7s'"), Catch::Contains("-c lock_timeout=5000 -c lock_timeout=7s "));
  CHECK(value_of("options", session_conninfo({"host=db", std::chrono::seconds{15}}, false)).empty());
  CHECK_THAT(value_of("options", session_conninfo({"host=db"}, true)), Catch::StartsWith("-c lock_timeout=20000 "));
  CHECK_THAT(value_of("options", session_conninfo({"host=db", std::chrono::minutes{30}}, true)),
             Catch::StartsWith("-c lock_timeout=20000 "));
}

TEST_CASE("Postgres undoes what takes longer than its answer is waited for, where that is asked for") {
  const auto options = [](const std::string& conninfo, std::chrono::microseconds limit) {
    PostgresAddress address(conninfo, limit);
    address.undoes_late = true;
    return value_of("options", session_conninfo(address, true));
  };
  CHECK_THAT(options("host=db", std::chrono::minutes{1}),
             Catch::StartsWith("-c lock_timeout=20000 -c statement_timeout=57000 "));
  CHECK_THAT(options("options='-c statement_timeout=7s'", std::chrono::minutes{1}),
             Catch::Contains("-c statement_timeout=57000 -c statement_timeout=7s "));
  CHECK_THAT(options("host=db", std::chrono::microseconds{0}), !Catch::Contains("_timeout"));
  CHECK_THAT(value_of("options", session_conninfo({"host=db"}, true)), !Catch::Contains("statement_timeout"));
}

TEST_CASE("what a service adds to a connection string is checked as well, and nothing of it quoted") {
  const Services services("[good]\nhost=db.internal\n[bad]\nhost=db\nsslmode=canary\n[port]\nport=canary\n");
  CHECK_FALSE(why_unusable("service=good"));
  CHECK_FALSE(why_unusable("service=bad sslmode=require"));  // which the service cannot change
  for (const char* conninfo : {"service=bad", "postgresql:///app?service=port", "service=canary"}) {
    INFO(conninfo);
    const auto why = why_unusable(conninfo);
    REQUIRE(why);
    CHECK_THAT(*why, Catch::Contains("service file") && !Catch::Contains("canary"));
  }
  const Services broken("[good]\ncanary\n");
  const auto why = why_unusable("service=good");
  REQUIRE(why);
  CHECK_THAT(*why, Catch::Contains("cannot read its service file") && !Catch::Contains("canary"));
}

TEST_CASE("a service's host, sslmode, passwords and timeouts are those of the connection") {
  const tests::TemporaryDirectory directory;
  const std::string passfile = directory.path() + "/passwords";
  std::ofstream(passfile) << "*:*:*:*:from-its-file\n";
  const Services services(
      "[far]\nhost=db.internal\npassword=from-service\npassfile=" + passfile +
      "\nconnect_timeout=7\nkeepalives_idle=9\n[verified]\nhost=db.internal\nsslmode=verify-full\n");
  CHECK_THAT(impostor_warning("service=far").value_or(""), Catch::Contains("db.internal"));
  CHECK_FALSE(impostor_warning("service=far host=localhost"));
  CHECK_FALSE(impostor_warning("service=verified"));
  const std::vector<std::string> passwords = postgres_passwords("service=far");
  CHECK_THAT(passwords,
             Catch::VectorContains(std::string("from-service")) && Catch::VectorContains(std::string("from-its-file")));
  const std::string session = session_conninfo({"service=far"}, true);
  CHECK(value_of("connect_timeout", session).empty());
  CHECK(value_of("keepalives_idle", session).empty());
  CHECK(value_of("keepalives_count", session) == "3");
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
