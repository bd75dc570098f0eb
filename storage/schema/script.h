// The SQL around the migrations: what they run under, what is asked before them, and all of it as a script for psql.
#pragma once

#include <string>

#include "storage/migrations/migrations.h"
#include "storage/schema/registered_workflows.h"

namespace pawl::storage {

/// Statements for the transaction that migrates: a role's or a database's own settings change no migration, and nothing
/// is found by a schema in which others may create. What of the login's path may be the application's is kept in two
/// settings: pawl.application_schemas, a text[], and pawl.application_path, for `search_path`.
extern const char* const kMigrationSettings;

/// Between these two, names are the application's.
extern const char* const kUseApplicationPath;
extern const char* const kUseOwnPath;

/// Statements after which no lock is waited for longer than a moment: behind a lock that waits, everybody else waits.
extern const char* const kMigrationPatience;

/// Statements that create the schema and the table of applied migrations where they are missing.
extern const char* const kCreateBookkeeping;

/// Takes turns with everybody else who migrates or sets up roles, by the lock of a table that is pawl's own.
extern const char* const kLockMigrations;

/// Query for one text: what of a schema `pawl` that is there belongs to somebody else than who asks, or a superuser, so
/// that who asks would run it, or run what its owner adds; null: nothing. To be asked before anything of the schema is.
extern const char* const kForeignSchema;

/// Query for a row: the role that has migrated, whose rights who asks does not have; no row: he may migrate.
extern const char* const kOtherMigrator;

/// SHA-256 of a migration's text, in hexadecimal.
std::string checksum(const Migration& migration);

/// A condition: all roles that do pawl's tasks are there.
extern const char* const kRolesExist;

/// Query for one text: what keeps the role pawl_worker, and each login that has it, from seeing what it needs, where
/// who migrates may be none that a policy concerns; null: nothing. For a migrated database.
extern const char* const kWorkerProblems;

/// Everything that `migrate_postgres` and `grant_roles` do, in one transaction, as a script for psql that may be run
/// again. `create_roles`: also creates the roles that are missing.
std::string migration_script(const MigrationLines& lines, const WorkflowNames& workflows, bool with_app,
                             bool create_roles);

}  // namespace pawl::storage
