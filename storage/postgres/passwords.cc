// Asks libpq what it would use.
#include "storage/postgres/passwords.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "storage/postgres/conninfo.h"

namespace pawl::storage {

namespace {

constexpr int kPasswordField = 4;  // of a line of the password file, after host, port, database and user

/// Adds the passwords among the keywords, and returns the password file that they name.
std::string take_passwords(const Keywords& keywords, std::vector<std::string>& passwords) {
  std::string file;
  for (const auto& [keyword, value] : keywords) {
    if ((keyword == "password" || keyword == "sslpassword") && !value.empty()) passwords.push_back(value);
    if (keyword == "passfile") file = value;
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
  std::string file = take_passwords(effective_keywords(conninfo), passwords);
  const char* home = std::getenv("HOME");
  if (file.empty() && home) file = std::string(home) + "/.pgpass";
  std::error_code hidden;  // from this user
  if (!std::filesystem::is_regular_file(file, hidden)) return passwords;  // as libpq, which ignores any other
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);)
    if (const std::string password = password_of(line); !password.empty()) passwords.push_back(password);
  return passwords;
}

}  // namespace pawl::storage
