// System calls around the checkpoint file, with errors an operator can act upon.
#include "storage/sqlite_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/errors.h"

namespace pawl::storage {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& reason) {
  throw engine::RefusedError("open checkpoints " + path + ": " + reason);
}

[[noreturn]] void refuse_call(const std::string& path, const std::string& call) {
  refuse(path, "cannot " + call + ": " + std::strerror(errno) +
                   "; make the file and its directory readable and writable for this user");
}

// Offsets of the SQLite file format: the magic at 0, the application id at 68, big-endian.
void require_ours(const std::string& path, const std::array<unsigned char, 72>& header) {
  if (std::memcmp(header.data(), "SQLite format 3", 16) != 0)
    refuse(path, "it is no checkpoint file; it was left as it is: give another PAWL_CHECKPOINTS or move it away");
  std::uint32_t id = 0;
  for (std::size_t i = 68; i < 72; ++i) id = id << 8 | header[i];
  if (id != kApplicationId)
    refuse(path, "it is the database of another program; it was left as it is: give another PAWL_CHECKPOINTS");
}

}  // namespace

std::optional<FileIdentity> identity_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino};
}

bool holds_store(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return false;
    refuse_call(path, "look at it");
  }
  if (!S_ISREG(status.st_mode)) refuse(path, "it is no regular file; PAWL_CHECKPOINTS names the file itself");
  if (status.st_size == 0) return false;
  std::array<unsigned char, 72> header{};
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse_call(path, "read it");
  file.read(reinterpret_cast<char*>(header.data()), header.size());
  require_ours(path, header);
  return true;
}

void create_private_directories(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::absolute(path).parent_path();
  std::filesystem::path made;
  for (const auto& part : parent) {
    made /= part;
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST && !std::filesystem::is_directory(made))
      refuse_call(path, "create its directory " + made.string());
  }
}

void create_private_file(const std::string& path) {
  ::unlink(path.c_str());
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) refuse_call(path, "create it");
  ::fchmod(descriptor, 0600);
  ::close(descriptor);
}

void make_private(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077) == 0) return;
  if (::chmod(path.c_str(), 0600) != 0) refuse_call(path, "take it away from group and others");
}

void rename_durably(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) refuse_call(to, "rename the new store to it");
  const std::string parent = std::filesystem::absolute(to).parent_path();
  const int directory = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = directory >= 0 && ::fsync(directory) == 0;
  if (directory >= 0) ::close(directory);
  if (!synced) refuse_call(to, "sync its directory");
}

}  // namespace pawl::storage
