// By a hard link, which is refused where there is a file, unlike a rename.
#include "storage/copies/unfinished_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "engine/authoring/errors.h"
#include "storage/sqlite/file.h"

namespace pawl::storage {

namespace {

[[noreturn]] void refuse_existing(const std::string& path) {
  throw engine::RefusedError("write the copy " + path +
                             ": there is a file of that name, which is left as it is; give " +
                             "the copy another name, or move that file away");
}

void sync(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool is_synced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  errno = error;
  if (!is_synced) throw_call_failed(path, "write it to the disk");
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

}  // namespace

UnfinishedFile::UnfinishedFile(std::string target)
    : target_(std::move(target)), path_(target_ + ".unfinished-" + std::to_string(::getpid())) {
  if (is_there(target_)) refuse_existing(target_);
  create_private_file(path_);
}

UnfinishedFile::~UnfinishedFile() {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path_ + suffix).c_str());
}

void UnfinishedFile::publish() {
  sync(path_, O_RDONLY);
  if (::link(path_.c_str(), target_.c_str()) != 0) {
    if (errno == EEXIST) refuse_existing(target_);
    // a file system without hard links
    if (is_there(target_)) refuse_existing(target_);
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw_call_failed(target_, "give the copy its name");
  }
  ::unlink(path_.c_str());
  sync(std::filesystem::absolute(target_).parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace pawl::storage
