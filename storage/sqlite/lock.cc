// Takes the lock with flock, which belongs to the open file and not to the process.
#include "storage/sqlite/lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
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

// Whether whoever locked it last did so on a host of this name, which containers rarely share.
bool was_locked_here(const std::string& lock) {
  const int descriptor = ::open(lock.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);  // perhaps no file at all
  if (descriptor < 0) return false;
  const std::string holder = read_holder(descriptor);
  ::close(descriptor);
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return holder.ends_with(std::string(" on host ") + host.data());
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

// A lock that is tried, even a shared one, could turn away a worker that starts in that moment. The kernel lists the
// locks of the processes that this one may see: another container's are not among them.
std::optional<bool> is_locked(const std::string& path) {
  const std::string lock = real_path(path) + ".lock";
  struct stat status {};
  if (::stat(lock.c_str(), &status) != 0) return std::nullopt;  // a copy
  std::ifstream locks("/proc/locks");
  if (!locks) return std::nullopt;
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "%02x:%02x:%llu ", major(status.st_dev), minor(status.st_dev),
                static_cast<unsigned long long>(status.st_ino));
  const std::string inode = ":" + std::to_string(status.st_ino) + " ";
  bool perhaps = false;
  for (std::string line; std::getline(locks, line);) {
    if (line.find(" FLOCK ") == std::string::npos) continue;
    if (line.find(name.data()) != std::string::npos) return true;
    perhaps = perhaps || line.find(inode) != std::string::npos;  // some file systems have two devices
  }
  if (perhaps || !was_locked_here(lock)) return std::nullopt;
  return false;
}

}  // namespace pawl::storage
