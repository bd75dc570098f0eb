// Which SQLite result code means what to an operator.
#include "storage/sqlite/errors.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "engine/authoring/errors.h"

namespace pawl::storage {

bool reports_damage(const SQLite::Exception& error) {
  return error.getErrorCode() == SQLITE_CORRUPT || error.getErrorCode() == SQLITE_NOTADB;
}

bool poisons_connection(const SQLite::Exception& error) {
  const int code = error.getErrorCode();
  return code == SQLITE_IOERR || code == SQLITE_CANTOPEN || code == SQLITE_PROTOCOL || reports_damage(error);
}

void throw_translated(const SQLite::Exception& error, const std::string& operation, const std::string& path) {
  const std::string what = operation + " " + path + ": " + error.what();
  switch (error.getErrorCode()) {
    case SQLITE_FULL:
      throw engine::UnavailableError(what + "; nothing of the group was kept: free space on its disk");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw engine::UnavailableError(what + "; another program locks the file: end its transaction");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
      throw engine::UnavailableError(what + " (" + sqlite3_errstr(error.getExtendedErrorCode()) + ", code " +
                                     std::to_string(error.getExtendedErrorCode()) +
                                     "); the file is opened and verified again before its next use");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      refuse_corrupt(path, error.what());
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw engine::RefusedError(what + "; make the file and its directory writable for this user");
    default:
      throw engine::Error(what);
  }
}

void refuse_corrupt(const std::string& path, const std::string& finding) {
  throw engine::RefusedError("open checkpoints " + path + ": the file is damaged (" + finding +
                             "); it was left as it is. Restore a backup or move it away with its -wal and -shm: "
                             "unfinished events are then delivered again, and nobody is notified twice in the app");
}

}  // namespace pawl::storage
