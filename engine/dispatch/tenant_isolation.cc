// Takes turns between tenants, and finds by halving how many items of one a call can be about.
#include "engine/dispatch/tenant_isolation.h"

#include <algorithm>
#include <utility>

#include "engine/authoring/execution.h"

namespace pawl::engine {

TenantIsolation::Tenant& TenantIsolation::remember(const std::string& tenant) {
  const auto known = tenants_.find(tenant);
  if (known != tenants_.end()) return known->second;
  if (tenants_.size() >= kTenantsMax) tenants_.erase(tenants_.begin());
  return tenants_[tenant] = {items_max_, 0};
}

std::deque<Execution*>& TenantIsolation::turn_of(const std::string& tenant) {
  const auto turn = std::ranges::find(turns_, tenant, &Waiting::tenant);
  return (turn == turns_.end() ? turns_.emplace_back(Waiting{tenant, {}}) : *turn).executions;
}

void TenantIsolation::isolate(const std::string& tenant) {
  remember(tenant);
  turn_of(tenant);
}

bool TenantIsolation::refused(const std::string& tenant, std::size_t items, const Refusals& refusals) {
  Tenant& known = remember(tenant);
  known.items = std::max<std::size_t>(std::min(known.items, items) / 2, 1);
  if (known.refused == 0) known.refused = refusals.now();
  return refusals.accepted_since(known.refused);
}

void TenantIsolation::accepted(const std::string& tenant) {
  const auto known = tenants_.find(tenant);
  if (known == tenants_.end()) return;
  known->second.refused = 0;
  known->second.items *= 2;
  if (known->second.items >= items_max_) tenants_.erase(known);
}

void TenantIsolation::queue(Execution& execution, const std::string& tenant) {
  turn_of(tenant).push_back(&execution);
  ++waiting_;
}

std::vector<Execution*> TenantIsolation::take(std::size_t most) {
  if (!may_take()) return {};
  while (turns_.front().executions.empty()) turns_.pop_front();
  Waiting turn = std::move(turns_.front());
  turns_.pop_front();
  if (const auto known = tenants_.find(turn.tenant); known != tenants_.end())
    most = std::min(most, known->second.items);
  const auto end = turn.executions.begin() + static_cast<std::ptrdiff_t>(std::min(most, turn.executions.size()));
  std::vector<Execution*> batch(turn.executions.begin(), end);
  turn.executions.erase(turn.executions.begin(), end);
  if (!turn.executions.empty()) turns_.push_back(std::move(turn));
  waiting_ -= batch.size();
  out_ = batch.front();
  return batch;
}

bool TenantIsolation::returned(const std::vector<Execution*>& executions) {
  if (out_ == nullptr || executions.front() != out_) return false;
  out_ = nullptr;
  return true;
}

void TenantIsolation::withdraw(const RunState& run) {
  for (Waiting& turn : turns_)
    waiting_ -= std::erase_if(turn.executions, [&](const Execution* execution) { return execution->run == &run; });
}

std::vector<Execution*> TenantIsolation::evict() {
  std::vector<Execution*> evicted;
  for (const Waiting& turn : turns_) evicted.insert(evicted.end(), turn.executions.begin(), turn.executions.end());
  turns_.clear();
  waiting_ = 0;
  return evicted;
}

}  // namespace pawl::engine
