// Keeps one descriptor, so that whoever writes need not know that the file behind it changed.
#include "bin/worker/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "engine/authoring/errors.h"
#include "storage/files/named_file.h"

namespace pawl::bin {

namespace {

int opened(const std::string& path) try {
  return storage::open_regular(path, O_WRONLY | O_CREAT | O_APPEND);
} catch (const storage::UnusableFile& error) {
  throw engine::RefusedError("cannot open the log file " + path + ": " + error.what() +
                             "; without --log-file lines go to stderr");
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
