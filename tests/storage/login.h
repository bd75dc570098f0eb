// A login of one test's own.
#pragma once

#include <cstdlib>
#include <string>

#include "engine/authoring/errors.h"
#include "tests/storage/postgres_fixture.h"

namespace pawl::tests {

/// Gone at the end of the test, as is what it owns.
class Login {
 public:
  Login(PostgresFixture& database, const std::string& task)
      : name(task + "_of_" + database.name),
        conninfo("user=" + name + " dbname=" + database.name),
        database_(database) {
    const char* password = std::getenv("PGPASSWORD");  // as the suite's own login, since libpq takes it from there
    database.exec("create role " + name + " login password '" + (password ? password : "") + "'");
  }
  ~Login() {
    database_.exec("drop owned by " + name + " cascade");
    database_.exec("drop role " + name);
  }
  Login(const Login&) = delete;

  /// Empty, or the error.
  std::string attempt(const std::string& sql) const {
    try {
      storage::PostgresConnection(own_session(conninfo)).run("attempt", sql, {});
      return "";
    } catch (const engine::Error& error) {
      return error.what();
    }
  }

  const std::string name;
  const std::string conninfo;

 private:
  PostgresFixture& database_;
};

}  // namespace pawl::tests
