// The mail ledger in memory, with the rules of the one in Postgres, and the relay's record of what it was handed.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/simulation/durable/postgres.h"

namespace pawl::simulation {

enum class MailState { kSending, kAccepted, kDeferred, kRejected, kInDoubt, kSuppressed };
enum class Clearance { kCleared, kAccepted, kSuppressed, kHeld };

class Ledger {
 public:
  struct Row {
    MailState state = MailState::kSending;
    std::int64_t epoch = 0;
    std::int64_t claim = 0;
    int in_doubt = 0;
    int attempts = 0;
  };

  Ledger(World& world, const Postgres& postgres) : world_(world), postgres_(postgres) {}

  /// A number for one call of the step: a row that is `sending` under another one was interrupted.
  std::int64_t new_claim() { return ++last_claim_; }
  /// Throws as Postgres::require.
  Clearance claim(std::int64_t epoch, std::int64_t claim, const EffectKey& mail, bool fit);
  void settle(std::int64_t epoch, const EffectKey& mail, MailState state);

  const std::map<EffectKey, Row>& rows() const { return rows_; }

 private:
  World& world_;
  const Postgres& postgres_;
  std::int64_t last_claim_ = 0;
  std::map<EffectKey, Row> rows_;
};

/// Who received what.
struct Relay {
  std::map<EffectKey, int> copies;
};

}  // namespace pawl::simulation
