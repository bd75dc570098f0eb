// One statement frees the events and says so.
#include "storage/outbox/fleet/takeovers.h"

#include <utility>

#include "storage/postgres/text/array_literal.h"

namespace pawl::storage {

namespace {

// $1 epochs that ended cleanly, which took no event down with them: their deliveries do not count towards a crash loop.
// $2 by whom; $3, $4 and $5 epochs that have just ended, with stores and hosts. It also frees the events of an epoch
// whose row somebody deleted by hand. The epochs are named before the rows are looked at: a row that another worker
// frees and claims meanwhile is then seen to be of a living one. Of very many runs the first 10,000 are named.
const std::string kFree =
    "with gone as materialized (select distinct held.lease_epoch as epoch from pawl.outbox held"
    " where held.lease_epoch <> all(array(select epoch from pawl.workers))),"
    " freed as (update pawl.outbox o set lease_epoch = null, lease_batch = null,"
    " deliveries = greatest(deliveries - (gone.epoch = any($1::bigint[]))::int, 0)"
    " from gone where o.lease_epoch = gone.epoch returning o.id, gone.epoch),"
    " counted as (select f.epoch, count(*) as runs from freed f group by 1),"
    " told as (insert into pawl.takeovers (from_epoch, from_store, from_host, by_epoch, by_store, by_host, runs)"
    " select c.epoch, e.store, e.host, $2::bigint, w.store, w.host, c.runs from counted c"
    " left join unnest($3::bigint[], $4::uuid[], $5::text[]) e (epoch, store, host) on e.epoch = c.epoch"
    " left join pawl.workers w on w.epoch = $2::bigint returning takeover, from_epoch),"
    " named as (insert into pawl.takeover_runs (takeover, run_id) select t.takeover, f.id from told t"
    " join (select id, epoch, row_number() over (partition by epoch) as nth from freed) f on f.epoch = t.from_epoch"
    " where f.nth <= 10000)"
    " select c.epoch, e.host, e.store, c.runs from counted c"
    " left join unnest($3::bigint[], $4::uuid[], $5::text[]) e (epoch, store, host) on e.epoch = c.epoch";

std::string end_sql(const std::string& condition) {
  return "with ended as (delete from pawl.workers where " + condition +
         " returning epoch, store, host, stopped_at, heartbeat_at),"
         " silenced as (delete from pawl.step_reports r using ended e where r.epoch = e.epoch),"
         " held as (select s.store from pawl.stores s join ended e on e.store = s.store for update of s skip locked),"
         " seen as (update pawl.stores s set last_seen_at = e.heartbeat_at, stopped = e.stopped_at is not null"
         " from ended e join held on held.store = e.store where s.store = e.store)"
         " select epoch, stopped_at is not null, store, host from ended";
}

}  // namespace

void TakeoverNews::add(const Takeovers& takeovers) {
  const std::lock_guard lock(mutex_);
  news_.insert(news_.end(), takeovers.begin(), takeovers.end());
}

Takeovers TakeoverNews::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

EndedEpochs EndedEpochs::end(Transaction& transaction, const std::string& condition, const Parameters& parameters) {
  const Rows rows = transaction.run(end_sql(condition), parameters);
  ArrayLiteral epochs, cleanly, stores, hosts;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    epochs.add(rows.integer(row, 0));
    if (rows.boolean(row, 1)) cleanly.add(rows.integer(row, 0));
    stores.add(rows.string(row, 2));
    hosts.add(rows.string(row, 3));
  }
  EndedEpochs ended;
  ended.epochs = epochs.text();
  ended.cleanly = cleanly.text();
  ended.stores = stores.text();
  ended.hosts = hosts.text();
  return ended;
}

Takeovers free_events(Transaction& transaction, const EndedEpochs& ended, std::int64_t by_epoch) {
  const Rows rows =
      transaction.run(kFree, {ended.cleanly, std::to_string(by_epoch), ended.epochs, ended.stores, ended.hosts});
  Takeovers freed;
  for (std::size_t row = 0; row < rows.size(); ++row)
    freed.push_back({rows.integer(row, 0), rows.string(row, 1), rows.string(row, 2), rows.integer(row, 3)});
  return freed;
}

}  // namespace pawl::storage
