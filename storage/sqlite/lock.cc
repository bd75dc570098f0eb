// Takes the lock with flock, which belongs to the open file and not to the process.
#include "storage/sqlite/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "engine/authoring/errors.h"
#include "storage/sqlite/file.h"
#include "storage/sqlite/place.h"

namespace pawl::storage {

namespace {

std::string read_holder(int descriptor) {
  std::array<char, 300> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size(), 0);
  std::string holder(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  holder.erase(holder.find_last_not_of('\n') + 1);
  return holder.empty() ? "another process" : holder;
}

}  // namespace

SqliteLock::SqliteLock(const std::string& path) {
  const std::string lock = path + ".lock";
  descriptor_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (descriptor_ < 0) throw_call_failed(path, "open its lock file " + lock);
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    const std::string holder = error == EWOULDBLOCK ? read_holder(descriptor_) : "";
    ::close(descriptor_);
    errno = error;
    if (holder.empty()) throw_call_failed(path, "lock its lock file " + lock);
    throw engine::RefusedError("open checkpoints " + path + ": the file is in use by " + holder +
                               "; stop that worker or give this one another PAWL_CHECKPOINTS");
  }
  name_holder();
}

SqliteLock::~SqliteLock() { ::close(descriptor_); }

// For people who read the error above. The lock holds whether or not this succeeds, as on a full disk.
void SqliteLock::name_holder() const {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::string holder = "pid " + std::to_string(::getpid()) + " on host " + host.data() + "\n";
  ::fchmod(descriptor_, 0600);
  if (::ftruncate(descriptor_, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor_, holder.data(), holder.size(), 0);
  }
}

// A lock that is tried, even a shared one, could turn away a worker that starts in that moment.
std::optional<bool> is_locked(const std::string& path) {
  const std::optional<FileIdentity> identity = identity_of(real_path(path) + ".lock");
  if (!identity) return std::nullopt;  // a copy
  std::ifstream locks("/proc/locks");
  if (!locks) return std::nullopt;
  const std::string inode = ":" + std::to_string(identity->inode) + " ";
  for (std::string line; std::getline(locks, line);)
    if (line.find(" FLOCK ") != std::string::npos && line.find(inode) != std::string::npos) return true;
  return false;
}

}  // namespace pawl::storage
