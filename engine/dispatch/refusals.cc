// Counts subjects, and compares by what was accepted.
#include "engine/dispatch/refusals.h"

#include <algorithm>
#include <functional>

namespace pawl::engine {

void Refusals::accepted(Moment call_began, const std::set<std::string>& destinations) {
  accepted_ = std::max(accepted_, call_began);
  blame_refused_before(call_began, destinations);
  std::erase_if(subjects_, [&](const auto& entry) { return entry.second.refused < call_began; });
  if (!subjects_.empty()) return;
  presumed_ = false;
  tenants_.clear();
  destinations_.clear();
}

// One that is not known may be any of them.
void Refusals::blame_refused_before(Moment call_began, const std::set<std::string>& destinations) {
  if (destinations.empty() || destinations.contains({})) return;
  for (const auto& [name, subject] : subjects_)
    if (subject.destination != 0 && subject.refused < call_began && to_blame_.size() < kRememberedMax)
      to_blame_.insert(subject.destination);
  for (const std::string& destination : destinations) to_blame_.erase(hash(destination));
}

bool Refusals::refused(const Item& item, const Refusal& refusal) {
  const bool compared = accepted_ > remember(item);
  count(refusal);
  if (!compared || refusal.names_account || of_service()) return false;
  subjects_.erase(subject_of(refusal));
  return true;
}

void Refusals::refused_tenant(const std::string& tenant, bool presumed) {
  count({.subject = tenant, .tenant = tenant});
  presumed_ |= presumed;
}

const std::string& Refusals::subject_of(const Refusal& refusal) const {
  return to_blame_.contains(hash(refusal.destination)) ? refusal.destination : refusal.subject;
}

void Refusals::count(const Refusal& refusal) {
  const std::uint32_t destination = hash(refusal.destination);
  if (subjects_.size() < kRememberedMax) subjects_[subject_of(refusal)] = {++now_, destination};
  if (!refusal.tenant.empty() && tenants_.size() < kRememberedMax) tenants_.insert(hash(refusal.tenant));
  if (destination != 0 && destinations_.size() < kRememberedMax) destinations_.insert(destination);
}

Refusals::Moment Refusals::remember(const Item& item) {
  if (items_.size() >= kRememberedMax) items_.erase(items_.begin());
  return items_.try_emplace(item, ++now_).first->second;
}

// Who is to blame by himself stays so: what made the service refuse everybody has not made him accept anything.
void Refusals::begin_anew() {
  presumed_ = false;
  subjects_.clear();
  tenants_.clear();
  destinations_.clear();
  items_.clear();
  probed_.clear();
}

Refusals::Mark Refusals::mark(const Item& item, const std::string& tenant, const std::string& destination) const {
  Mark mark{hash(tenant)};
  mark.destination = hash(destination);
  mark.refused = items_.contains(item);
  return mark;
}

Refusals::Rank Refusals::rank(const Mark& mark) const {
  if (mark.refused) return Rank::kRefused;
  const bool of_destination = destinations_.contains(mark.destination) || to_blame_.contains(mark.destination);
  if (tenants_.contains(mark.tenant)) return of_destination ? Rank::kBoth : Rank::kTenant;
  return of_destination ? Rank::kDestination : Rank::kNew;
}

void Refusals::begin_probe(const Mark& mark) {
  if (probed_.size() >= kRememberedMax) probed_.clear();
  probed_[mark.tenant] = ++now_;
}

Refusals::Moment Refusals::last_probe(const Mark& mark) const {
  const auto found = probed_.find(mark.tenant);
  return found == probed_.end() ? 0 : found->second;
}

std::uint32_t Refusals::hash(const std::string& name) {
  if (name.empty()) return 0;
  return (static_cast<std::uint32_t>(std::hash<std::string>{}(name)) >> 1) | 1;
}

}  // namespace pawl::engine
