// Keeps one descriptor, so that whoever writes need not know that the file behind it changed.
#include "bin/worker/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

// A pipe without a reader would be waited for; a terminal would become the process's own.
int opened(const std::string& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  const int descriptor = open(path.c_str(), kFlags, 0640);
  if (descriptor < 0) throw engine::RefusedError("cannot open the log file " + path + ": " + std::strerror(errno));
  return descriptor;
}

}  // namespace

LogFile::LogFile(std::string path)
    : path_(std::move(path)), descriptor_(opened(path_)), buffer_(descriptor_), stream_(&buffer_) {}

LogFile::~LogFile() {
  stream_.flush();
  close(descriptor_);
}

void LogFile::reopen() const {
  const int now = opened(path_);
  dup3(now, descriptor_, O_CLOEXEC);
  close(now);
}

}  // namespace pawl::bin
