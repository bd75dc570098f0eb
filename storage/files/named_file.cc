// Looks at what is there before it opens it, and again at what was opened.
#include "storage/files/named_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pawl::storage {

namespace {

void require_regular(const struct stat& status) {
  if (S_ISDIR(status.st_mode)) throw UnusableFile("it is a directory");
  if (!S_ISREG(status.st_mode)) throw UnusableFile("it is no regular file, but a pipe, a device or a socket");
}

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  int get() const { return descriptor_; }
  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

}  // namespace

void require_regular_if_there(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) require_regular(status);
}

// O_NONBLOCK is for what takes the file's place between the two looks, and for files of the kernel that are endless.
int open_regular(const std::string& path, int flags) {
  require_regular_if_there(path);
  Descriptor opened(::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0640));
  if (opened.get() < 0) throw UnusableFile(std::strerror(errno));
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0) throw UnusableFile(std::strerror(errno));
  require_regular(status);
  return opened.release();
}

std::string beginning_of_file(const std::string& path, std::size_t most) {
  const Descriptor file(open_regular(path, O_RDONLY));
  std::string text;
  for (ssize_t got = 1; got > 0 && text.size() < most;) {
    char piece[16384];
    got = ::read(file.get(), piece, std::min(sizeof piece, most - text.size()));
    if (got < 0) throw UnusableFile(std::strerror(errno));
    text.append(piece, static_cast<std::size_t>(got));
  }
  return text;
}

std::string whole_file(const std::string& path, std::size_t most) {
  std::string text = beginning_of_file(path, most + 1);
  if (text.size() > most) throw UnusableFile("it has more than " + std::to_string(most) + " bytes");
  return text;
}

}  // namespace pawl::storage
