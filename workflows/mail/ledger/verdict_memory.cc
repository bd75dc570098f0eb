// Bounded by forgetting first what the ledger has been told.
#include "workflows/mail/ledger/verdict_memory.h"

#include <algorithm>

namespace pawl::mail {

namespace {

// Recorded verdicts wait here for their mail to come round again; one whose run another worker has taken never comes.
constexpr std::size_t kRecordedMax = 10'000;

bool is_final(const LedgerVerdict& verdict) {
  return verdict.state == LedgerState::kAccepted || verdict.state == LedgerState::kRejected;
}

}  // namespace

void VerdictMemory::keep(std::span<const LedgerVerdict> verdicts) {
  const std::lock_guard lock(mutex_);
  for (const LedgerVerdict& verdict : verdicts) kept_[{verdict.effects_id, verdict.recipient}] = {verdict, ++last_};
}

VerdictMemory::Unrecorded VerdictMemory::unrecorded() const {
  const std::lock_guard lock(mutex_);
  Unrecorded unrecorded{{}, last_};
  for (const auto& [key, kept] : kept_)
    if (!kept.recorded && !kept.isolated) unrecorded.verdicts.push_back(kept.verdict);
  return unrecorded;
}

void VerdictMemory::recorded(std::uint64_t last) {
  const std::lock_guard lock(mutex_);
  const bool crowded = kept_.size() > kRecordedMax;
  std::erase_if(kept_, [&](const auto& entry) {
    const Kept& kept = entry.second;
    const bool told = kept.number <= last && !kept.isolated;
    return told && (!is_final(kept.verdict) || (crowded && kept.recorded));
  });
  for (auto& [key, kept] : kept_)
    if (kept.number <= last && !kept.isolated) kept.recorded = true;
}

void VerdictMemory::recorded(const LedgerVerdict& verdict) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(Mail{verdict.effects_id, verdict.recipient});
  if (found == kept_.end()) return;
  found->second.recorded = true;
  found->second.isolated = false;
  if (!is_final(verdict)) kept_.erase(found);
}

void VerdictMemory::isolate(const LedgerVerdict& verdict) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(Mail{verdict.effects_id, verdict.recipient});
  if (found != kept_.end()) found->second.isolated = true;
}

bool VerdictMemory::isolates_any() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(kept_, [](const auto& entry) { return entry.second.isolated; });
}

std::optional<LedgerVerdict> VerdictMemory::isolated(const std::string& effects_id,
                                                     const std::string& recipient) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(Mail{effects_id, recipient});
  if (found == kept_.end() || !found->second.isolated) return std::nullopt;
  return found->second.verdict;
}

std::optional<LedgerVerdict> VerdictMemory::final_verdict(const std::string& effects_id,
                                                          const std::string& recipient) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(Mail{effects_id, recipient});
  if (found == kept_.end() || !is_final(found->second.verdict)) return std::nullopt;
  return found->second.verdict;
}

void VerdictMemory::forget(const std::string& effects_id, const std::string& recipient) {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(Mail{effects_id, recipient});
  if (found != kept_.end()) kept_.erase(found);
}

}  // namespace pawl::mail
