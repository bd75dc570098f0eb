// Patience for the one-shot verbs.
#include "bin/commands/verb/one_shot.h"

#include <poll.h>

#include <algorithm>

#include "bin/operations/runs/fleet.h"
#include "bin/output/redact.h"
#include "bin/worker/retry_start.h"
#include "storage/schema/migrator.h"

namespace pawl::bin {

storage::PostgresAddress address_of(const Settings& settings, engine::Duration at_least) {
  const engine::Duration limit = settings.postgres_timeout;
  storage::PostgresAddress address(settings.postgres, limit.count() == 0 ? limit : std::max(limit, at_least));
  address.undoes_late = true;
  return address;
}

void await_postgres(const Settings& settings, Console& console, const std::function<void()>& attempt) {
  const engine::SystemClock clock;
  const Patience patience{
      .give_up_after = settings.connect_timeout,
      .wait =
          [](engine::Duration wait) {
            poll(nullptr, 0, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count()));
            return false;
          },
      .failed = [&](const std::string& error,
                    engine::Duration) { console.note() << redacted(error, *console.secrets) << "; trying again\n"; },
  };
  retry_start(clock, patience, attempt);
}

void await_migrated_postgres(const Settings& settings, Console& console, const storage::MigrationLines& more) {
  storage::MigrationLines lines{&storage::outbox_migrations()};
  lines.insert(lines.end(), more.begin(), more.end());
  await_postgres(settings, console, [&] { storage::require_migrated(address_of(settings), lines); });
}

void warn_if_nobody_works(const storage::CheckpointReader& reader, const std::string& path, Console& console) {
  if (const auto warning = nobody_works_warning(reader, path)) console.note() << *warning << '\n';
}

}  // namespace pawl::bin
