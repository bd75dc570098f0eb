// Which failed runs nobody can resume any more.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "storage/postgres/connection.h"

namespace pawl::storage {

/// As engine::Outbox::resolved. Looks each id up by its key. Throws engine::UnavailableError, and engine::RefusedError
/// where a privilege is missing.
std::vector<std::string> resolved_runs(PostgresConnection& connection, std::span<const std::string> run_ids);

}  // namespace pawl::storage
