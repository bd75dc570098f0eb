// Bounded by forgetting first what the ledger has been told.
#include "workflows/notify_sync_failure/verdict_memory.h"

namespace pawl::notify_sync_failure {

namespace {

// Recorded verdicts wait here for their mail to come round again; one whose run another worker has taken never comes.
constexpr std::size_t kRecordedMax = 10'000;

bool is_final(const LedgerVerdict& verdict) {
  return verdict.state == LedgerState::kAccepted || verdict.state == LedgerState::kRejected;
}

}  // namespace

void VerdictMemory::keep(std::span<const LedgerVerdict> verdicts) {
  for (const LedgerVerdict& verdict : verdicts) kept_[{verdict.event_id, verdict.user_id}] = {verdict, false};
}

std::vector<LedgerVerdict> VerdictMemory::unrecorded() const {
  std::vector<LedgerVerdict> verdicts;
  for (const auto& [key, kept] : kept_)
    if (!kept.recorded) verdicts.push_back(kept.verdict);
  return verdicts;
}

void VerdictMemory::recorded() {
  const bool crowded = kept_.size() > kRecordedMax;
  std::erase_if(
      kept_, [&](const auto& entry) { return !is_final(entry.second.verdict) || (crowded && entry.second.recorded); });
  for (auto& [key, kept] : kept_) kept.recorded = true;
}

std::optional<LedgerVerdict> VerdictMemory::final_verdict(const std::string& event_id,
                                                          const std::string& user_id) const {
  const auto found = kept_.find({event_id, user_id});
  if (found == kept_.end() || !is_final(found->second.verdict)) return std::nullopt;
  return found->second.verdict;
}

void VerdictMemory::forget(const std::string& event_id, const std::string& user_id) {
  kept_.erase({event_id, user_id});
}

}  // namespace pawl::notify_sync_failure
