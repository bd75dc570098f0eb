// Claim just before sending, settle just after; what is found `sending` in between is in doubt.
#include "tests/simulation/durable/ledger.h"

namespace pawl::simulation {

Clearance Ledger::claim(std::int64_t epoch, std::int64_t claim, const EffectKey& mail, bool fit) {
  postgres_.require(epoch);
  const bool known = rows_.contains(mail);
  Row& row = rows_[mail];
  if (known && row.state == MailState::kAccepted) return Clearance::kAccepted;
  const bool interrupted = known && row.state == MailState::kSending && row.claim != claim;
  const bool doubtful = interrupted || (known && row.state == MailState::kInDoubt);
  row.in_doubt += interrupted;
  row.epoch = epoch;
  row.claim = claim;
  if (doubtful && world_.options.hold_in_doubt) {
    row.state = MailState::kInDoubt;
    return Clearance::kHeld;
  }
  row.attempts += fit;
  row.state = fit ? MailState::kSending : MailState::kSuppressed;
  return fit ? Clearance::kCleared : Clearance::kSuppressed;
}

void Ledger::settle(std::int64_t epoch, const EffectKey& mail, MailState state) {
  postgres_.require(epoch);
  const auto row = rows_.find(mail);
  if (row == rows_.end() || row->second.epoch != epoch || row->second.state != MailState::kSending) return;
  row->second.state = state;
  row->second.in_doubt += state == MailState::kInDoubt;
}

}  // namespace pawl::simulation
