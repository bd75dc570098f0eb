// Looks at everything that pawl stands on, each part on its own and within a limit of time.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bin/operations/health/finding.h"
#include "engine/ports/outbox.h"
#include "storage/migrations/migrations.h"

namespace pawl::bin {

/// What to look at.
struct DoctorSubject {
  std::string conninfo = {};
  std::string checkpoints_path = {};
  storage::MigrationLines migrations = {};
  std::vector<engine::WorkflowName> workflows = {};
  /// Connects to whatever carries mail and sends nothing; returns what stands in the way, empty where nothing does. An
  /// empty function: no workflow mails. Called on a thread of its own.
  std::function<std::string()> check_relay = {};
};

/// One part, and how it was found.
struct Examined {
  std::string part = {};                                        ///< `postgres`, `fleet`, `checkpoints` or `mail`.
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< Name and value, for whoever reads.
  Findings findings = {};
};

/// All parts at once, each for some five seconds at most; in a fixed order. Throws nothing for what is wrong: that is a
/// finding.
std::vector<Examined> examine(const DoctorSubject& subject);

}  // namespace pawl::bin
