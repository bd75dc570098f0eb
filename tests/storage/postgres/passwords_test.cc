// The passwords that a connection to Postgres may show, wherever libpq finds them.
#include "storage/postgres/passwords.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace pawl::storage;

TEST_CASE("the passwords of Postgres are those of the conninfo, the URI, the environment and the password file") {
  const std::string file = std::filesystem::temp_directory_path() / ("pawl-pgpass-" + std::to_string(getpid()));
  std::ofstream(file) << "# a:b:c:d:comment\n*:*:*:pawl:from\\:file\\\\1\nshort:line\n";
  const auto all = [](const std::string& conninfo) {
    std::vector<std::string> passwords = postgres_passwords(conninfo);
    std::sort(passwords.begin(), passwords.end());
    return passwords;
  };
  const char* const given = std::getenv("PGPASSWORD");  // the suite's own Postgres has one
  const std::string kept = given ? given : "";
  unsetenv("PGPASSWORD");
  setenv("PGPASSFILE", file.c_str(), 1);
  CHECK(all("host=db password='with \\'quotes\\''") == std::vector<std::string>{"from:file\\1", "with 'quotes'"});
  CHECK(all("postgresql://pawl:in%20uri@db/app?sslpassword=key") ==
        std::vector<std::string>{"from:file\\1", "in uri", "key"});
  CHECK(all("host=db passfile=/nonexistent").empty());
  CHECK(all("host=db passfile=/" + std::string(300, 'n')).empty());  // nor one that cannot even be looked for
  setenv("PGPASSWORD", "environment", 1);
  CHECK(all("host=db") == std::vector<std::string>{"environment", "from:file\\1"});
  unsetenv("PGPASSWORD");
  if (given) setenv("PGPASSWORD", kept.c_str(), 1);
  unsetenv("PGPASSFILE");
  std::filesystem::remove(file);
}
