// The SQLite line of migrations: makes new stores, brings older ones up to date, refuses newer and edited ones.
#pragma once

#include <string>

namespace SQLite {
class Database;
}

namespace pawl::storage {

// All of these want the caller to hold the store's lock, and throw SQLite::Exception besides engine::RefusedError.

/// Makes a new store under the name `path`, as a whole or not at all.
void create_store(const std::string& path);

/// Throws engine::RefusedError if the store has a migration that this build does not know or knows differently.
/// Reads only; works without the lock.
void require_known_migrations(SQLite::Database& database, const std::string& path);

/// Throws engine::RefusedError if the store lacks a migration. Reads only; works without the lock.
void require_all_migrations(SQLite::Database& database, const std::string& path);

/// The tables and views that a store has which lacks the migrations after `last`, in an empty database.
void create_schema(SQLite::Database& database, int last);

/// Applies what the store lacks, each migration in a transaction of its own.
void apply_missing_migrations(SQLite::Database& database);

}  // namespace pawl::storage
