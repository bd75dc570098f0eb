// Reserving and releasing are a statement each: the count on the shelf changes with the reservation, or neither does.
#include "postgres_stock.h"

#include <pawl/storage/postgres/fence.h>

#include <nlohmann/json.hpp>

namespace shop {

using pawl::storage::fence;
using pawl::storage::kLeaseHeld;

namespace {

// The fence is a row `mine` while the lease lasts: whatever is written comes from it. One event's steps run on one
// worker at a time, so that nobody else reserves for it meanwhile.
std::string reserve_sql() {
  return "with " + fence() +
         ", known as (select released from shop.reservations where effects_id = $2::uuid and sku = $3)"
         ", taken as (update shop.stock s set on_shelf = on_shelf - $4::int from mine"
         " where s.sku = $3 and s.on_shelf >= $4::int and not exists (select from known) returning s.sku)"
         ", reserved as (insert into shop.reservations (effects_id, sku, quantity)"
         " select $2::uuid, sku, $4::int from taken)"
         " select " +
         kLeaseHeld + ", exists (select from taken) or exists (select from known where not released)";
}

// A line that was never reserved is marked as released too.
std::string release_sql() {
  return "with " + fence() +
         ", released as (insert into shop.reservations as r (effects_id, sku, quantity, released)"
         " select $2::uuid, l.sku, 0, true from mine cross join jsonb_to_recordset($3::jsonb) as l (sku text)"
         " on conflict (effects_id, sku) do update set released = true where not r.released returning r.sku, "
         "r.quantity)"
         ", returned as (update shop.stock s set on_shelf = on_shelf + r.quantity from released r where s.sku = r.sku)"
         " select " +
         kLeaseHeld;
}

constexpr const char* kNoEvent = "00000000-0000-0000-0000-000000000000";

}  // namespace

PostgresStock::PostgresStock(const pawl::storage::PostgresAddress& address, const pawl::storage::Epoch& epoch)
    : pool_(address), epoch_(epoch) {}

pawl::storage::Rows PostgresStock::run(const std::string& operation, const std::string& sql,
                                       std::vector<std::string> parameters) {
  const auto connection = pool_.borrow();
  return connection->run(operation, sql, parameters);
}

bool PostgresStock::reserve(const std::string& effects_id, const Line& line) {
  const std::int64_t epoch = epoch_;
  const auto rows =
      run("reserve stock", reserve_sql(), {std::to_string(epoch), effects_id, line.sku, std::to_string(line.quantity)});
  pawl::storage::require_lease(rows.boolean(0, 0), "reserve stock", epoch);
  return rows.boolean(0, 1);
}

void PostgresStock::release(const std::string& effects_id, const std::vector<Line>& lines) {
  const std::int64_t epoch = epoch_;
  const auto rows =
      run("release stock", release_sql(), {std::to_string(epoch), effects_id, nlohmann::json(lines).dump()});
  pawl::storage::require_lease(rows.boolean(0, 0), "release stock", epoch);
}

void PostgresStock::check_access() {
  run("reserve stock", reserve_sql(), {"0", kNoEvent, "", "0"});  // of no worker: nothing is written
  run("release stock", release_sql(), {"0", kNoEvent, "[]"});
}

}  // namespace shop
