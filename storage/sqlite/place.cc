// Looks at owners, modes and links.
#include "storage/sqlite/place.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <filesystem>

#include "engine/authoring/errors.h"
#include "storage/sqlite/file.h"

namespace pawl::storage {

namespace {

namespace fs = std::filesystem;

constexpr int kLinksMax = 40;  // as Linux

bool is_ours(const struct stat& status) { return status.st_uid == geteuid(); }

void require_own_directory(const std::string& path, const std::string& of) {
  const std::string directory = fs::path(of).parent_path();
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return;  // reported where the file is opened
  if (!is_ours(status) && status.st_uid != 0)
    refuse_checkpoints(path, "its directory " + directory + " belongs to another user (uid " +
                                 std::to_string(status.st_uid) +
                                 "), who could exchange the file; use a directory of this user's");
  if ((status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0)
    refuse_checkpoints(path,
                       "everybody may write to its directory " + directory + ", and exchange the file; chmod o-w it");
}

void require_own_file(const std::string& path, const std::string& name) {
  struct stat status {};
  if (::lstat(name.c_str(), &status) != 0) return;
  if (!S_ISREG(status.st_mode)) refuse_checkpoints(path, name + " is no regular file; move it away");
  if (!is_ours(status))
    refuse_checkpoints(path, name + " belongs to another user (uid " + std::to_string(status.st_uid) +
                                 "); run as that user, or see who put it there and move it away");
  if (status.st_nlink > 1)
    refuse_checkpoints(path,
                       name + " has another name as well (a hard link), by which it may be changed; remove that name");
}

[[noreturn]] void refuse_circle(const std::string& path) {
  refuse_checkpoints(path, "its symbolic links lead in a circle; set PAWL_CHECKPOINTS to the file itself");
}

void require_own_link(const std::string& path, const std::string& link) {
  struct stat status {};
  if (::lstat(link.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return;
  if (!is_ours(status) && status.st_uid != 0)
    refuse_checkpoints(path, "the symbolic link " + link + " belongs to another user (uid " +
                                 std::to_string(status.st_uid) +
                                 "), who says where it leads; name the file itself, or see who put the link there");
  require_own_directory(path, link);
}

}  // namespace

std::string real_path(const std::string& path) {
  fs::path file = fs::absolute(path);
  std::error_code none;
  for (int links = 0; fs::is_symlink(file, none); ++links) {
    if (links == kLinksMax) refuse_circle(path);
    file = file.parent_path() / fs::read_symlink(file, none);
  }
  return file;
}

void require_own_place(const std::string& path) {
  require_own_directory(path, path);
  for (const char* beside : {"", "-wal", "-shm", ".lock", ".new", ".new-journal"})
    require_own_file(path, path + beside);
}

// Component by component, as the kernel goes.
void require_own_links(const std::string& path) {
  fs::path at = "/";
  std::error_code none;
  std::deque<fs::path> ahead;
  const auto go = [&](const fs::path& way) { ahead.insert(ahead.begin(), way.begin(), way.end()); };
  go(fs::absolute(path).relative_path());
  for (int links = 0; !ahead.empty();) {
    const fs::path next = at / ahead.front();
    ahead.pop_front();
    if (!fs::is_symlink(next, none)) {
      at = next.filename() == ".." ? at.parent_path() : next;
      continue;
    }
    if (++links > kLinksMax) refuse_circle(path);
    require_own_link(path, next);
    const fs::path target = fs::read_symlink(next, none);
    if (target.is_absolute()) at = "/";
    go(target.relative_path());
  }
}

// A copy that was sent may be anybody's, and is read as what anybody may have made. Root and this user are trusted: a
// reader of theirs makes the files beside it.
void require_own_company(const std::string& path) {
  struct stat store {};
  if (::stat(path.c_str(), &store) != 0) return;  // reported where the file is opened
  for (const char* beside : {"-wal", "-shm"}) {
    const std::string name = path + beside;
    struct stat status {};
    if (::lstat(name.c_str(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode)) refuse_checkpoints(path, name + " is no regular file; move it away");
    if (status.st_uid != store.st_uid && status.st_uid != 0 && !is_ours(status))
      refuse_checkpoints(
          path, name + " belongs to another user (uid " + std::to_string(status.st_uid) +
                    ") than the file, and would be read as a part of it; see who put it there and move it away");
  }
}

void require_no_journal(const std::string& path) {
  const std::string journal = path + "-journal";
  struct stat status {};
  if (::lstat(journal.c_str(), &status) != 0) return;
  refuse_checkpoints(path, "there is a " + journal +
                               ", which SQLite would write into the file, and pawl makes none (uid " +
                               std::to_string(status.st_uid) + "); see who put it there and move it away");
}

}  // namespace pawl::storage
