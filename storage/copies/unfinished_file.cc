// By a hard link, which is refused where there is a file, unlike a rename.
#include "storage/copies/unfinished_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

#include "engine/authoring/errors.h"
#include "storage/sqlite/file.h"

namespace pawl::storage {

namespace {

constexpr std::array kSuffixes{"", "-journal", "-wal", "-shm"};
constexpr std::array kEndings{SIGINT, SIGTERM, SIGHUP};

// Read by the handler alone, which is there for as long as they are.
std::array<std::string, kSuffixes.size()> to_be_removed;

// SA_RESETHAND has given the signal its default back, which comes when this returns.
void remove_and_end(int signal) {
  for (const std::string& name : to_be_removed) ::unlink(name.c_str());
  ::raise(signal);
}

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
  for (std::size_t i = 0; i < kSuffixes.size(); ++i) to_be_removed[i] = path_ + kSuffixes[i];
  struct sigaction action {};
  action.sa_handler = remove_and_end;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (std::size_t i = 0; i < kEndings.size(); ++i) {
    ::sigaction(kEndings[i], nullptr, &before_[i]);
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(kEndings[i], &action, nullptr);  // as under nohup
  }
}

UnfinishedFile::~UnfinishedFile() {
  for (const std::string& name : to_be_removed) ::unlink(name.c_str());
  for (std::size_t i = 0; i < kEndings.size(); ++i) ::sigaction(kEndings[i], &before_[i], nullptr);
}

void UnfinishedFile::publish() {
  sync(path_, O_RDONLY);
  if (::link(path_.c_str(), target_.c_str()) != 0) {
    const int error = errno;
    if (error == EEXIST || is_there(target_)) refuse_existing(target_);
    errno = error;
    const bool has_no_links = error == EPERM || error == EOPNOTSUPP;  // the file system
    if (!has_no_links || ::rename(path_.c_str(), target_.c_str()) != 0)
      throw_call_failed(target_, "give the copy its name");
  }
  ::unlink(path_.c_str());
  try {
    sync(std::filesystem::absolute(target_).parent_path(), O_RDONLY | O_DIRECTORY);
  } catch (...) {
    ::unlink(target_.c_str());
    throw;
  }
}

}  // namespace pawl::storage
