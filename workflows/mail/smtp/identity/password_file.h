// The file that holds the relay's password, or its access token.
#pragma once

#include <optional>
#include <string>

namespace pawl::mail {

/// The first line of the file, without the newline and the byte order mark that editors leave around it. Never waits
/// for a writer or an end. Throws std::runtime_error that names the file and what is wrong: it cannot be opened, is a
/// directory, a pipe or a device, or its first line is empty, holds a NUL or is longer than 64 KiB.
std::string read_password(const std::string& file);

/// What an operator should know of a file that can be read: that others can read it too.
std::optional<std::string> password_file_warning(const std::string& file);

}  // namespace pawl::mail
