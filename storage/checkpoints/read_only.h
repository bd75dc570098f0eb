// Opens a checkpoint file for reading only: beside a running worker, after a crash, or a copy.
#pragma once

#include <memory>
#include <string>

namespace SQLite {
class Database;
}

namespace pawl::storage {

/// Trusts nothing in the file, which may be a copy from anywhere: its views and triggers may call no function with an
/// effect, and no value is longer than 64 MiB. The connection never changes the file and never moves pages from the WAL
/// into it. Throws engine::RefusedError when the file is missing, foreign or of a newer pawl, and SQLite::Exception.
std::unique_ptr<SQLite::Database> open_read_only(const std::string& path);

/// Opens the file so and lets SQLite look at every page. Throws engine::RefusedError saying what is damaged.
void verify_store(const std::string& path);

}  // namespace pawl::storage
