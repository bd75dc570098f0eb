// Reads the relay's password and makes the mailer.
#include "bin/relay.h"

#include <fstream>

#include "bin/command_error.h"
#include "engine/errors.h"
#include "workflows/mail/mail_url.h"

namespace pawl::bin {

namespace {

/// The first line, so that a file ends with a newline as editors leave it.
std::string read_password(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path);
  std::string password;
  if (!file || !std::getline(file, password) || password.empty())
    throw UsageError("worker is not configured: cannot read a password from PAWL_MAIL_PASSWORD_FILE " + path +
                     "; it takes a readable file whose first line is the password");
  if (password.back() == '\r') password.pop_back();
  return password;
}

}  // namespace

std::unique_ptr<mail::Mailer> make_relay(const Settings& settings) {
  try {
    return mail::make_mailer({.url = settings.mail, .password = read_password(settings.mail_password_file)});
  } catch (const engine::RefusedError& error) {
    throw UsageError(std::string("worker is not configured: ") + error.what());
  }
}

}  // namespace pawl::bin
