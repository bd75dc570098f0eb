// Opens without waiting, looks at what was opened, and reads no more than a password.
#include "workflows/mail/smtp/identity/password_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace pawl::mail {
namespace {

constexpr std::size_t kSizeMax = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

[[noreturn]] void refuse(const std::string& file, const std::string& why) {
  throw std::runtime_error("cannot read a password from PAWL_MAIL_PASSWORD_FILE " + file + ": " + why +
                           "; it takes a readable file whose first line is the password, or the access token");
}

class OpenFile {
 public:
  // A pipe without a writer would be waited for without O_NONBLOCK.
  explicit OpenFile(const std::string& file)
      : name_(file), descriptor_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) {
    if (descriptor_ < 0) refuse(name_, std::strerror(errno));
  }
  ~OpenFile() { close(descriptor_); }
  OpenFile(const OpenFile&) = delete;

  void require_regular() const {
    struct stat status {};
    fstat(descriptor_, &status);
    if (S_ISDIR(status.st_mode)) refuse(name_, "it is a directory");
    if (!S_ISREG(status.st_mode)) refuse(name_, "it is no regular file, and is read more than once");
  }

  std::string beginning() const {
    std::string text(kSizeMax, '\0');
    std::size_t size = 0;
    for (ssize_t got = 1; got > 0 && size < text.size(); size += static_cast<std::size_t>(got)) {
      got = ::read(descriptor_, text.data() + size, text.size() - size);
      if (got < 0) refuse(name_, std::strerror(errno));
    }
    text.resize(size);
    return text;
  }

 private:
  const std::string& name_;
  const int descriptor_;
};

}  // namespace

std::string read_password(const std::string& file) {
  const OpenFile opened(file);
  opened.require_regular();
  std::string password = opened.beginning();
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
