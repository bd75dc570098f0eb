// System calls around the checkpoint file, with errors an operator can act upon.
#include "storage/sqlite/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/authoring/errors.h"

namespace pawl::storage {

void refuse_checkpoints(const std::string& path, const std::string& reason) {
  throw engine::RefusedError("open checkpoints " + path + ": " + reason);
}

namespace {

// What may pass without anybody touching the file.
bool passes(int error) {
  constexpr std::array kPassing = {ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN};
  return std::find(kPassing.begin(), kPassing.end(), error) != kPassing.end();
}

// Offsets of the SQLite file format: the magic at 0, the application id at 68, big-endian.
void require_ours(const std::string& path, const std::array<unsigned char, 72>& header) {
  if (std::memcmp(header.data(), "SQLite format 3", 16) != 0)
    refuse_checkpoints(path,
                       "it is no checkpoint file; it was left as it is: give another PAWL_CHECKPOINTS or move it away");
  std::uint32_t id = 0;
  for (std::size_t i = 68; i < 72; ++i) id = id << 8 | header[i];
  if (id != kApplicationId)
    refuse_checkpoints(path,
                       "it is the database of another program; it was left as it is: give another PAWL_CHECKPOINTS");
}

// SQLite would play the -wal of a lost store into a new one of its name: a mixture of both.
void require_no_wal(const std::string& path) {
  struct stat status {};
  if (::stat((path + "-wal").c_str(), &status) != 0 || status.st_size == 0) return;
  refuse_checkpoints(
      path, "the file is missing or empty, but its -wal is there with what was written last; restore the file " +
                std::string("beside it, or move the -wal away too: unfinished events are then delivered again"));
}

}  // namespace

void throw_call_failed(const std::string& path, const std::string& call) {
  const int error = errno;
  const std::string what = "cannot " + call + ": " + std::strerror(error);
  if (passes(error)) throw engine::UnavailableError("open checkpoints " + path + ": " + what + "; check its disk");
  refuse_checkpoints(path, what + "; make the file and its directory readable and writable for this user");
}

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return FileIdentity{status.st_dev, status.st_ino};
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  throw engine::UnavailableError("look for checkpoints " + path + ": " + std::strerror(errno) +
                                 "; whether the file is still there cannot be told: check its disk");
}

bool holds_store(const std::string& path) {
  struct stat status {};
  if (!identity_of(path)) return require_no_wal(path), false;
  if (::stat(path.c_str(), &status) != 0) throw_call_failed(path, "look at it");
  if (!S_ISREG(status.st_mode))
    refuse_checkpoints(path, "it is no regular file; PAWL_CHECKPOINTS names the file itself");
  if (status.st_size == 0) return require_no_wal(path), false;
  std::array<unsigned char, 72> header{};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_call_failed(path, "read it");
  file.read(reinterpret_cast<char*>(header.data()), header.size());
  if (file.bad()) throw_call_failed(path, "read it");
  require_ours(path, header);
  return true;
}

void create_private_directories(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
  std::filesystem::path made;
  std::error_code hidden;
  for (const auto& part : parent) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST && !std::filesystem::is_directory(made, hidden))
      throw_call_failed(path, "create its directory " + made.string());
  }
}

void create_private_file(const std::string& path) {
  ::unlink(path.c_str());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) throw_call_failed(path, "create it");
  ::fchmod(descriptor, 0600);
  ::close(descriptor);
}

void make_private(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) == 0) return;
  if (::chmod(path.c_str(), 0600) != 0) throw_call_failed(path, "take it away from group and others");
}

void rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_call_failed(to, "rename the new store to it");
  const std::string parent = std::filesystem::absolute(to).parent_path();
  const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && ::fsync(directory) == 0;
  if (directory >= 0) ::close(directory);
  if (!synced) throw_call_failed(to, "sync its directory");
}

}  // namespace pawl::storage
