// Whether a file is still the one that was read.
#pragma once

#include <string>

namespace pawl::mail {

/// A text that changes when the file at `path` is written to or replaced, and when a directory gains or loses an entry;
/// empty where there is nothing. Blocks no longer than a look at a file.
std::string file_version(const std::string& path);

}  // namespace pawl::mail
