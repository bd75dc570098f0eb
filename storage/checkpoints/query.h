// Runs one statement that somebody typed, if it only reads.
#pragma once

#include <string>

#include "storage/checkpoints/reader.h"

namespace SQLite {
class Database;
}

namespace pawl::storage {

/// Throws engine::Error with SQLite's message, or saying why the statement is refused.
CheckpointReader::Rows query_read_only(SQLite::Database& database, const std::string& sql);

}  // namespace pawl::storage
