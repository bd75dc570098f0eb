// How a verb that does one thing and ends reaches Postgres: patiently for a while, and only when it is migrated.
#pragma once

#include <functional>

#include "bin/output/console.h"
#include "bin/settings/settings.h"
#include "storage/checkpoints/reader.h"
#include "storage/migrations/migrations.h"
#include "storage/postgres/address.h"

namespace pawl::bin {

/// Where Postgres is for such a verb: an answer to somebody who watches may take a minute, or `postgres_timeout` where
/// that is longer, and `at_least`; where that is 0, whatever it takes. What takes longer Postgres undoes, so that a
/// verb that has failed for its time has done nothing.
storage::PostgresAddress address_of(const Settings& settings, engine::Duration at_least = std::chrono::minutes{1});

/// For what goes through the archive, or through a list of ids of any length.
inline constexpr engine::Duration kLongAnswer = std::chrono::minutes{30};

/// Returns once Postgres answers and is exactly as new as this build, as far as the outbox and `more` go. Throws
/// engine::UnavailableError after `connect_timeout` and engine::RefusedError naming the command to run when it is not
/// migrated.
void await_migrated_postgres(const Settings& settings, Console& console, const storage::MigrationLines& more = {});

/// Calls `attempt` until Postgres can be reached, for at most `connect_timeout`.
void await_postgres(const Settings& settings, Console& console, const std::function<void()>& attempt);

/// For a verb that reads the checkpoints: says so where they have unfinished runs and no worker has them open.
void warn_if_nobody_works(const storage::CheckpointReader& reader, const std::string& path, Console& console);

}  // namespace pawl::bin
