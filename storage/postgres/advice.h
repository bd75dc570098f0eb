// What an operator should know of the Postgres that a worker is to use.
#pragma once

#include <optional>
#include <string>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// Whether somebody between here and the server, or in its place, could ask for the password and get it: a host that is
/// not this one, and an sslmode below verify-full. Says which, and what to set. Throws engine::RefusedError when libpq
/// could not use the conninfo. Connects to nothing.
std::optional<std::string> impostor_warning(const std::string& conninfo);

/// Whether the database's encoding lacks characters, so that they are marked in what is stored. Throws the engine's
/// errors.
std::optional<std::string> encoding_warning(PostgresConnection& connection);

}  // namespace pawl::storage
