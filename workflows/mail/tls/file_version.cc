// Asks the file system for what changes with a file.
#include "workflows/mail/tls/file_version.h"

#include <sys/stat.h>

#include <sstream>

namespace pawl::mail {

std::string file_version(const std::string& path) {
  struct stat file {};
  if (path.empty() || stat(path.c_str(), &file) != 0) return {};
  std::ostringstream version;
  version << file.st_dev << ' ' << file.st_ino << ' ' << file.st_size << ' ' << file.st_mtim.tv_sec << '.'
          << file.st_mtim.tv_nsec << ' ' << file.st_ctim.tv_sec << '.' << file.st_ctim.tv_nsec;
  return version.str();
}

}  // namespace pawl::mail
