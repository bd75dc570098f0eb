// Names a statement by its text, so that whoever else has prepared that name has prepared the same.
#include "storage/postgres/prepared_statements.h"

#include <functional>
#include <pqxx/pqxx>

namespace pawl::storage {

namespace {

constexpr int kCallsMax = 100;

constexpr const char* kNoSuchStatement = "26000";
constexpr const char* kPreparedAlready = "42P05";
constexpr const char* kOtherColumnsNow = "0A000";  // "cached plan must not change result type"

std::string name_of(const std::string& sql) {
  return "pawl_" + std::to_string(sql.size()) + "_" + std::to_string(std::hash<std::string>{}(sql));
}

}  // namespace

std::string PreparedStatements::prepared(const std::string& sql) {
  std::string name = name_of(sql);
  int& calls = calls_[name];
  if (calls == kCallsMax) {
    connection_.unprepare(name);
    calls = 0;
  }
  if (calls++ == 0) connection_.prepare(name, sql);
  return name;
}

bool lost_its_plan(const pqxx::sql_error& error) {
  const std::string& state = error.sqlstate();
  return state == kNoSuchStatement || state == kPreparedAlready || state == kOtherColumnsNow;
}

}  // namespace pawl::storage
