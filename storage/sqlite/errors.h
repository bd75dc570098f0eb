// Sorts SQLite's errors into the engine's: try later, act first, or a bug.
#pragma once

#include <string>

namespace SQLite {
class Exception;
}

namespace pawl::storage {

/// After a failed read, write or fsync the state of the connection and of the kernel's cache is unknown: the connection
/// has to be closed and the file verified before it is used again.
bool poisons_connection(const SQLite::Exception& error);

/// The file seems to be damaged; a read that failed may look the same.
bool reports_damage(const SQLite::Exception& error);

/// Throws UnavailableError (disk full, busy, I/O error), RefusedError (corrupt, not a database, read-only) or Error.
[[noreturn]] void throw_translated(const SQLite::Exception& error, const std::string& operation,
                                   const std::string& path);

/// Throws RefusedError for a damaged file. It is never repaired or made anew here.
[[noreturn]] void refuse_corrupt(const std::string& path, const std::string& finding);

}  // namespace pawl::storage
