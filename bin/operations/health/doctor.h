// Looks at everything that pawl stands on, each part on its own and within a limit of time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
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
  /// empty function: there is nothing to look at, as the reason says. Called on a thread of its own.
  std::function<std::string()> check_relay = {};
  std::string why_no_relay = {};
  std::string hidden_password_file = {};  ///< Which this user may not read: the relay is not looked at. Or empty.
};

/// Something that was found, in words for people; where it is a number or yes or no, as that for programs.
struct Fact {
  std::string name = {};
  std::string text = {};
  std::variant<std::monostate, bool, std::int64_t> value = {};
};

/// One part, and how it was found.
struct Examined {
  std::string part = {};  ///< `postgres`, `fleet`, `checkpoints` or `mail`.
  std::vector<Fact> facts = {};
  Findings findings = {};
};

/// All parts at once, each for some five seconds at most; in a fixed order. Throws nothing for what is wrong: that is a
/// finding.
std::vector<Examined> examine(const DoctorSubject& subject);

}  // namespace pawl::bin
