// The checkpoint file as the file system sees it: what it is, whose it is, whether it is still there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace pawl::storage {

/// Marks a SQLite file as pawl's in its header: the letters `pawl`.
inline constexpr std::uint32_t kApplicationId = 0x7061776c;

/// Throws engine::RefusedError: the checkpoints at the path are not opened, for this reason.
[[noreturn]] void refuse_checkpoints(const std::string& path, const std::string& reason);

/// After a system call on the file failed: throws engine::UnavailableError for an errno that may pass by itself (no
/// space, I/O error, no descriptors), else engine::RefusedError. `call` completes "cannot ...".
[[noreturn]] void throw_call_failed(const std::string& path, const std::string& call);

/// The identity of an open file, which its path keeps as long as nobody deletes or replaces it.
struct FileIdentity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileIdentity&) const = default;
};

/// nullopt where there is no such file. Throws engine::UnavailableError when the file system does not say.
std::optional<FileIdentity> identity_of(const std::string& path);

/// True if the path holds a store of pawl's, false if there is nothing there or an empty file. Reads the header only
/// and changes nothing. Throws engine::RefusedError for whatever else is there, such as the -wal of a store that is
/// not, and engine::UnavailableError.
bool holds_store(const std::string& path);

// What follows throws as throw_call_failed does.

/// Makes the missing directories above the file, for this user only.
void create_private_directories(const std::string& path);

/// Makes an empty file of mode 0600, whatever the umask, in place of any older one.
void create_private_file(const std::string& path);

/// Takes away what group and others may do with the file.
void make_private(const std::string& path);

/// Gives a finished file its name, durably: the name is on disk before this returns.
void rename_durably(const std::string& from, const std::string& to);

}  // namespace pawl::storage
