// The outbox's rules over a std::map.
#include "engine/memory_outbox.h"

#include <algorithm>

#include "engine/decider.h"
#include "engine/errors.h"

namespace pawl::engine {

std::string MemoryOutboxTable::emit(const std::string& type, const std::string& payload, const std::string& id) {
  const std::int64_t position = next_position++;
  Event event;
  event.position = position;
  event.id = id.empty() ? "event-" + std::to_string(position) : id;
  event.type = type;
  event.payload = payload;
  event.deliveries = 0;
  rows[position] = {event, 0};
  return event.id;
}

bool MemoryOutboxTable::resume(const std::string& id) {
  const auto found = std::find_if(archive.begin(), archive.end(), [&](const Archived& archived) {
    return archived.event.id == id && archived.status == RunStatus::kFailed;
  });
  if (found == archive.end()) return false;
  Event event = found->event;
  archive.erase(found);
  event.position = next_position++;
  event.deliveries = 0;
  ++event.resumes;
  rows[event.position] = {event, 0};
  return true;
}

void MemoryOutboxTable::bury(std::int64_t epoch) {
  workers.erase(epoch);
  for (auto& [position, row] : rows)
    if (row.lease_epoch == epoch) row.lease_epoch = 0;
}

void MemoryOutbox::require_alive() const {
  if (!table_.outage.empty()) throw UnavailableError(table_.outage);
  if (!table_.workers.contains(epoch_)) throw LeaseLostError("epoch " + std::to_string(epoch_) + " is over");
}

void MemoryOutbox::adopt(const Registration& registration) {
  const std::set<std::string> waiting(registration.waiting.begin(), registration.waiting.end());
  for (auto& [position, row] : table_.rows) {
    const auto owner = table_.workers.find(row.lease_epoch);
    const bool ours = owner == table_.workers.end() || owner->second == registration.store_id;
    if (ours) row.lease_epoch = waiting.contains(row.event.id) ? epoch_ : 0;
  }
  std::erase_if(table_.workers, [&](const auto& worker) { return worker.second == registration.store_id; });
}

Registered MemoryOutbox::open(const Registration& registration) {
  if (!table_.outage.empty()) throw UnavailableError(table_.outage);
  epoch_ = table_.next_epoch++;
  adopt(registration);
  table_.workers[epoch_] = registration.store_id;
  Registered registered{epoch_, {}};
  for (const auto* ids : {&registration.waiting, &registration.moving})
    for (const std::string& id : *ids) {
      const bool claimable = std::any_of(table_.rows.begin(), table_.rows.end(), [&](const auto& entry) {
        const auto& row = entry.second;
        return row.event.id == id && (row.lease_epoch == 0 || row.lease_epoch == epoch_);
      });
      if (!claimable) registered.foreign.push_back(id);
    }
  return registered;
}

std::vector<Event> MemoryOutbox::claim(const ClaimRequest& request) {
  require_alive();
  std::vector<Event> claimed;
  int company = 0;  // the fewest deliveries among the suspects decide who may come along
  for (const auto& [position, row] : table_.rows)
    if (row.lease_epoch == 0 && row.event.deliveries > 0)
      company = company == 0 ? row.event.deliveries : std::min(company, row.event.deliveries);
  int fresh = request.fresh;
  int redelivered = std::min(request.redelivered, company_of(company));
  for (auto& [position, row] : table_.rows) {
    const bool wanted = std::find(request.types.begin(), request.types.end(), row.event.type) != request.types.end();
    if (row.lease_epoch != 0 || !wanted) continue;
    if (row.event.deliveries > 0 && row.event.deliveries != company) continue;
    int& left = row.event.deliveries > 0 ? redelivered : fresh;
    if (left-- <= 0) continue;
    row.lease_epoch = epoch_;
    ++row.event.deliveries;
    claimed.push_back(row.event);
  }
  return claimed;
}

std::size_t MemoryOutbox::finish(std::span<const FinishedEvent> finished) {
  require_alive();
  std::size_t ours = 0;
  for (const FinishedEvent& end : finished) {
    const auto row = table_.rows.find(end.position);
    if (row == table_.rows.end() || row->second.lease_epoch != epoch_) continue;
    table_.archive.push_back({row->second.event, end.status, end.reason});
    table_.rows.erase(row);
    ++ours;
  }
  return ours;
}

void MemoryOutbox::renew() { require_alive(); }

void MemoryOutbox::release(std::span<const std::int64_t> unstarted_positions) {
  require_alive();
  for (const std::int64_t position : unstarted_positions) {
    const auto row = table_.rows.find(position);
    if (row == table_.rows.end() || row->second.lease_epoch != epoch_) continue;
    row->second.lease_epoch = 0;
    --row->second.event.deliveries;
  }
}

}  // namespace pawl::engine
