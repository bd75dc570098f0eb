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
  const std::lock_guard lock(mutex_);
  for (const LedgerVerdict& verdict : verdicts) kept_[{verdict.event_id, verdict.user_id}] = {verdict, ++last_, false};
}

VerdictMemory::Unrecorded VerdictMemory::unrecorded() const {
  const std::lock_guard lock(mutex_);
  Unrecorded unrecorded{{}, last_};
  for (const auto& [key, kept] : kept_)
    if (!kept.recorded) unrecorded.verdicts.push_back(kept.verdict);
  return unrecorded;
}

void VerdictMemory::recorded(std::uint64_t last) {
  const std::lock_guard lock(mutex_);
  const bool crowded = kept_.size() > kRecordedMax;
  std::erase_if(kept_, [&](const auto& entry) {
    const Kept& kept = entry.second;
    return kept.number <= last && (!is_final(kept.verdict) || (crowded && kept.recorded));
  });
  for (auto& [key, kept] : kept_)
    if (kept.number <= last) kept.recorded = true;
}

std::optional<LedgerVerdict> VerdictMemory::final_verdict(const std::string& event_id,
                                                          const std::string& user_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find({event_id, user_id});
  if (found == kept_.end() || !is_final(found->second.verdict)) return std::nullopt;
  return found->second.verdict;
}

void VerdictMemory::forget(const std::string& event_id, const std::string& user_id) {
  const std::lock_guard lock(mutex_);
  kept_.erase({event_id, user_id});
}

}  // namespace pawl::notify_sync_failure
