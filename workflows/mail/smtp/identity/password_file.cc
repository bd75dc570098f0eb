// Reads no more than a password, and takes off what editors leave around it.
#include "workflows/mail/smtp/identity/password_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "storage/files/named_file.h"

namespace pawl::mail {
namespace {

constexpr std::size_t kSizeMax = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw std::runtime_error("cannot read a password from PAWL_MAIL_PASSWORD_FILE " + file + ": " + why +
                           "; it takes a readable file whose first line is the password, or the access token");
}

std::string beginning_of(const std::string& file) try {
  return storage::beginning_of_file(file, kSizeMax);
} catch (const storage::UnusableFile& error) {
  refuse(file, error.what());
}

}  // namespace

std::string read_password(const std::string& file) {
  std::string password = beginning_of(file);
  const std::size_t end = password.find('\n');
  if (end == std::string::npos && password.size() == kSizeMax) refuse(file, "its first line is longer than 64 KiB");
  password.resize(std::min(end, password.size()));
  if (password.starts_with(kByteOrderMark)) password.erase(0, kByteOrderMark.size());
  if (password.ends_with('\r')) password.pop_back();
  if (password.empty()) refuse(file, "its first line is empty");
  if (password.find('\0') != std::string::npos) refuse(file, "its first line holds a NUL");
  return password;
}

std::optional<std::string> password_file_warning(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0 || (status.st_mode & S_IROTH) == 0) return std::nullopt;
  return "every user of this host can read the relay's password: chmod o-r " + file;
}

}  // namespace pawl::mail
