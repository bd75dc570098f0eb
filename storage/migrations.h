// The numbered lines of migrations, embedded into the binary from migrations/.
#pragma once

#include <span>
#include <string_view>

namespace pawl::storage {

struct Migration {
  int number;
  std::string_view name;  ///< The file's name, for example `001_create_outbox.sql`.
  std::string_view sql;
};

std::span<const Migration> postgres_migrations();
std::span<const Migration> sqlite_migrations();
/// DepositLink's reference tables for a fresh database (`--with-app`); every statement leaves existing tables alone.
std::span<const Migration> application_migrations();
/// The roles of docs/security.md and what each may do: every statement may be repeated.
std::span<const Migration> roles_migrations();

}  // namespace pawl::storage
