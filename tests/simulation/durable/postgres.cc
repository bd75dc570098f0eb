// Leases expire by true time: the only clock that Postgres has.
#include "tests/simulation/durable/postgres.h"

#include <algorithm>

#include "engine/authoring/errors.h"

namespace pawl::simulation {

EffectKey effect_key(const std::string& event, const std::string& step, const std::string& key) {
  return event + "/" + step + "/" + key;
}

bool Postgres::knows(const std::string& id) const {
  const auto named = [&](const auto& entry) { return entry.second.event.id == id; };
  return std::any_of(table.rows.begin(), table.rows.end(), named) ||
         std::any_of(coming_.begin(), coming_.end(),
                     [&](const auto& entry) { return entry.second.row.event.id == id; });
}

void Postgres::emit(const std::string& type, const std::string& id, Duration visible_after) {
  if (knows(id)) return;
  table.now = world_.wall();
  table.emit(type, "{}", id);
  const auto row = std::prev(table.rows.end());
  world_.note("postgres", "emit", id);
  if (visible_after.count() == 0) return;
  coming_[row->first] = {row->second, world_.now + visible_after};
  table.rows.erase(row);
}

void Postgres::turn() {
  std::erase_if(coming_, [&](const auto& entry) {
    const auto& [position, coming] = entry;
    if (coming.visible_at > world_.now) return false;
    table.rows[position] = coming.row;
    return true;
  });
  std::vector<std::int64_t> expired;
  for (const auto& [epoch, at] : expires_at_)
    if (at <= world_.now || !alive(epoch)) expired.push_back(epoch);
  for (const std::int64_t epoch : expired) {
    if (alive(epoch)) {
      expired_at_[epoch] = expires_at_[epoch];
      ++takeovers;
      bury(epoch);
    }
    expires_at_.erase(epoch);
  }
}

bool Postgres::lease_was_over(std::int64_t epoch, Timestamp at) const {
  for (const auto* times : {&expires_at_, &expired_at_})
    if (const auto found = times->find(epoch); found != times->end() && found->second <= at) return true;
  return false;
}

Timestamp Postgres::next_turn() const {
  Timestamp next = Timestamp::max();
  for (const auto& [position, coming] : coming_) next = std::min(next, coming.visible_at);
  for (const auto& [epoch, at] : expires_at_) next = std::min(next, at);
  return next;
}

void Postgres::registered(std::int64_t epoch) { renewed(epoch); }

void Postgres::renewed(std::int64_t epoch) {
  expires_at_[epoch] = world_.now + std::chrono::seconds{world_.options.lease_seconds};
}

void Postgres::bury(std::int64_t epoch) {
  world_.note("postgres", "bury", std::to_string(epoch));
  table.bury(epoch);
}

void Postgres::forget_claim(std::int64_t position) {
  testing::MemoryOutboxTable::Row& row = table.rows.at(position);
  row.lease_epoch = 0;
  row.event.deliveries = std::max(row.event.deliveries - 1, 0);
}

void Postgres::require(std::int64_t epoch) const {
  if (!table.outage.empty()) throw engine::UnavailableError(table.outage);
  if (!alive(epoch)) throw engine::LeaseLostError("epoch " + std::to_string(epoch) + " is over");
}

}  // namespace pawl::simulation
