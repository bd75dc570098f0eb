// Asks libpq what it would use.
#include "storage/postgres_passwords.h"

#include <libpq-fe.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string_view>

namespace pawl::storage {

namespace {

constexpr int kPasswordField = 4;  // of a line of the password file, after host, port, database and user

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

/// Adds the passwords among the options, and returns the password file that they name.
std::string take_passwords(const Options& options, std::vector<std::string>& passwords) {
  std::string file;
  for (const PQconninfoOption* option = options.get(); option && option->keyword; ++option) {
    if (!option->val || !*option->val) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "password" || keyword == "sslpassword") passwords.emplace_back(option->val);
    if (keyword == "passfile") file = option->val;
  }
  return file;
}

std::string password_of(const std::string& line) {
  std::string field;
  int number = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == ':' && number < kPasswordField) {
      ++number;
      field.clear();
    } else {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      field += line[i];
    }
  }
  return number == kPasswordField && !line.starts_with('#') ? field : "";
}

}  // namespace

std::vector<std::string> postgres_passwords(const std::string& conninfo) {
  std::vector<std::string> passwords;
  const Options given(PQconninfoParse(conninfo.c_str(), nullptr));
  const Options defaults(PQconndefaults());
  std::string file = take_passwords(defaults, passwords);
  if (const std::string named = take_passwords(given, passwords); !named.empty()) file = named;
  const char* home = std::getenv("HOME");
  if (file.empty() && home) file = std::string(home) + "/.pgpass";
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (const std::string password = password_of(line); !password.empty()) passwords.push_back(password);
  return passwords;
}

}  // namespace pawl::storage
