// The SQL around the migrations: what they run under, what is asked before them, and all of it as a script for psql.
#pragma once

#include <string>

#include "storage/migrations.h"

namespace pawl::storage {

/// Statements for the transaction that migrates: a role's or a database's own settings change no migration.
extern const char* const kMigrationSettings;

/// Statements after which no lock is waited for longer than a moment: behind a lock that waits, everybody else waits.
extern const char* const kMigrationPatience;

/// A query for one text: which of the application's tables are missing; null when none are.
extern const char* const kMissingTables;

/// A query for one text: what of the application's tables is missing or of a type that pawl cannot work with; null when
/// all fits. To be asked before the first of the migrations that touch them is applied.
extern const char* const kUnfitTables;

/// The first migration that touches the application's tables: once it is applied, they are the deployment's own affair.
inline constexpr int kConnectsApplication = 4;

/// Statements that create the schema and the table of applied migrations where they are missing.
extern const char* const kCreateBookkeeping;

/// SHA-256 of a migration's text, in hexadecimal.
std::string checksum(const Migration& migration);

/// Everything that `migrate_postgres` does, in one transaction, as a script for psql that may be run again.
std::string migration_script(bool with_app);

}  // namespace pawl::storage
