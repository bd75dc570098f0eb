// Looks at the clock now and then while SQLite works.
#include "storage/sqlite/patience.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {
constexpr int kInstructionsBetweenLooks = 10'000;
}

void SqlitePatience::watch(SQLite::Database& database) {
  sqlite3_progress_handler(database.getHandle(), kInstructionsBetweenLooks, on_progress, this);
}

int SqlitePatience::on_progress(void* self) {
  return Clock::now() >= static_cast<SqlitePatience*>(self)->ends_at_ ? 1 : 0;
}

void SqlitePatience::require_time_left(const std::string& operation) const {
  if (Clock::now() < ends_at_) return;
  const auto ms = at_most_.count();
  throw SqliteTookTooLong(operation + ": no end after " + std::to_string(ms % 1000 == 0 ? ms / 1000 : ms) +
                          (ms % 1000 == 0 ? " s" : " ms") + "; ask for less, or see where the file comes from");
}

}  // namespace pawl::storage
