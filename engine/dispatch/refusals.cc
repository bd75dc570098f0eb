// Counts subjects, and compares by what was accepted.
#include "engine/dispatch/refusals.h"

#include <algorithm>
#include <functional>

namespace pawl::engine {

void Refusals::accepted(Moment call_began) {
  accepted_ = std::max(accepted_, call_began);
  std::erase_if(subjects_, [&](const auto& entry) { return entry.second < call_began; });
  if (subjects_.empty()) tenants_.clear();
}

bool Refusals::refused(const Item& item, const Refusal& refusal) {
  const bool compared = accepted_ > remember(item);
  count(refusal.subject, refusal.tenant);
  if (!compared || refusal.names_account || of_service()) return false;
  subjects_.erase(refusal.subject);
  return true;
}

void Refusals::refused_tenant(const std::string& tenant) { count(tenant, tenant); }

void Refusals::count(const std::string& subject, const std::string& tenant) {
  if (subjects_.size() < kRememberedMax) subjects_[subject] = ++now_;
  if (!tenant.empty() && tenants_.size() < kRememberedMax) tenants_.insert(hash(tenant));
}

Refusals::Moment Refusals::remember(const Item& item) {
  if (items_.size() >= kRememberedMax) items_.erase(items_.begin());
  return items_.try_emplace(item, ++now_).first->second;
}

void Refusals::begin_anew() {
  subjects_.clear();
  tenants_.clear();
  items_.clear();
}

Refusals::Mark Refusals::mark(const Item& item, const std::string& tenant) const {
  return {tenant.empty() ? 0 : hash(tenant), items_.contains(item)};
}

Refusals::Rank Refusals::rank(const Mark& mark) const {
  if (mark.refused) return Rank::kRefused;
  return mark.tenant != 0 && tenants_.contains(mark.tenant) ? Rank::kTenant : Rank::kNew;
}

std::uint32_t Refusals::hash(const std::string& tenant) {
  return static_cast<std::uint32_t>(std::hash<std::string>{}(tenant)) | 1;
}

}  // namespace pawl::engine
