// Opens what somebody named as a file, and never waits for what is none.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace pawl::storage {

/// Why a file cannot be used, in words that go behind its name: `it is a directory`.
class UnusableFile : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws UnusableFile of what is there and no regular file: a directory, a pipe, a device, a socket. For files that a
/// library opens, which would wait for the writer of a pipe, or read a device for ever. What cannot be looked at cannot
/// be opened either.
void require_regular_if_there(const std::string& path);

/// A descriptor of a regular file, for `flags` of open(2); its owner closes it. Throws UnusableFile, at once whatever
/// is there.
int open_regular(const std::string& path, int flags);

/// What the file begins with, at most so many bytes. Throws UnusableFile.
std::string beginning_of_file(const std::string& path, std::size_t most);

/// All of the file. Throws UnusableFile, also where it has more than so many bytes.
std::string whole_file(const std::string& path, std::size_t most);

}  // namespace pawl::storage
