// Lines of migrations, embedded into the binary: one an owner, numbered each from 1. These two are the
// engine's; parts and workflows have theirs.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace pawl::storage {

struct Migration {
  int number;
  std::string_view name;  ///< The file's name, for example `001_create_outbox.sql`.
  std::string_view sql;
};

/// What one part of pawl needs of a database. All but the migrations may be empty, and may be run again.
struct MigrationLine {
  std::string_view name;  ///< The folder's name; on disk for ever.
  std::span<const Migration> migrations{};
  std::string_view unfit{};  ///< Query for one text: what of the tables that it stands on does not fit; null: all does.
  std::string_view missing{};    ///< The same of what is missing.
  std::string_view reference{};  ///< Creates what is missing of them, for a fresh database (`--with-app`).
  std::string_view roles{};      ///< Creates the roles of docs/security.md.
  std::string_view grants{};     ///< Grants them what they need.
};

using MigrationLines = std::vector<const MigrationLine*>;  ///< In the order in which they are applied.

const MigrationLine& outbox_migrations();
const MigrationLine& checkpoints_migrations();

}  // namespace pawl::storage
