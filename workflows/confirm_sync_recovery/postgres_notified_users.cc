// Reads those who were told of many outages in one query.
#include "workflows/confirm_sync_recovery/postgres_notified_users.h"

#include <mutex>
#include <string>

#include "storage/postgres/binary_array.h"
#include "storage/postgres/pool.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/depositlink/postgres/notifications_table.h"

namespace pawl::confirm_sync_recovery {

namespace {

// A failure has a run for each workflow of its type, and those that rerun or requeue made to stand for it; it is
// unfinished while one of them is in the outbox. Whoever is seen to have archived it has told everybody whom its run
// told, since all of it is one statement over one snapshot.
// The question whether people are hidden stands by itself: of a join that is known to be empty no condition is looked
// at.
std::string select_sql(const std::string& notifications) {
  return "with failure as materialized (select o.outage, o.org_id, f.event_id"
         " from unnest($1::uuid[], $2::uuid[]) with ordinality as o (event_id, org_id, outage)"
         " join pawl.sync_failures f on f.recovery = o.event_id),"
         " run as materialized (select f.outage, f.org_id, f.event_id, f.event_id as id from failure f union"
         " select f.outage, f.org_id, f.event_id, pawl.run_id(f.event_id, w.workflow) from failure f"
         " join pawl.workflows w on w.type = 'pms/connection.sync.failed' union"
         " select f.outage, f.org_id, f.event_id, s.id from failure f cross join lateral"
         " (select o.id from pawl.outbox o where o.stands_for = f.event_id union all"
         " select a.id from pawl.outbox_archive a where a.stands_for = f.event_id) s),"
         " told as (select r.outage, r.org_id, n.user_id from run r join " +
         notifications +
         " n on n.event_id = r.id union"
         " select r.outage, r.org_id, d.user_id from run r join pawl.email_deliveries d on d.event_id = r.id"
         " where d.state in ('accepted', 'in_doubt', 'sending'))"
         " select r.outage, count(distinct r.event_id) filter (where exists (select from pawl.outbox e where e.id = "
         "r.id)),"
         " null, null, null from run r group by r.outage"
         " union all"
         " select t.outage, null, r.user_id, r.org_name, coalesce(r.email, '') from told t"
         " join pawl.recipients r on r.org_id = t.org_id and r.user_id = t.user_id where " +
         std::string(depositlink::kIsOwnerOrAdmin) +
         " union all select null, null, null, null, null where not (select pawl.require_visible_rows()) order by 1, 3";
}

}  // namespace

class PostgresNotifiedUsers::Session {
 public:
  explicit Session(storage::PostgresAddress address) : pool_(std::move(address)) {}

  storage::Rows select(std::span<const Outage> outages) {
    storage::UuidArray event_ids, org_ids;
    for (const Outage& outage : outages) {
      event_ids.add(outage.event_id);
      org_ids.add(outage.org_id);
    }
    const storage::PostgresPool::Borrowed connection = pool_.borrow();
    std::call_once(found_, [&] { sql_ = select_sql(depositlink::notifications_table(*connection)); });
    return connection->run_binary("read who was told", sql_, {event_ids.bytes(), org_ids.bytes()},
                                  storage::plan_for(outages.size()));
  }

 private:
  storage::PostgresPool pool_;
  std::once_flag found_;
  std::string sql_;
};

PostgresNotifiedUsers::PostgresNotifiedUsers(storage::PostgresAddress address)
    : session_(std::make_unique<Session>(std::move(address))) {}
PostgresNotifiedUsers::~PostgresNotifiedUsers() = default;

std::vector<Notified> PostgresNotifiedUsers::notified_of(std::span<const Outage> outages) {
  std::vector<Notified> all(outages.size());
  const storage::Rows rows = session_->select(outages);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    Notified& notified = all.at(static_cast<std::size_t>(rows.integer(row, 0)) - 1);
    if (!rows.null(row, 1)) {
      notified.unfinished = static_cast<int>(rows.integer(row, 1));
      continue;
    }
    depositlink::Recipients& recipients = notified.recipients;
    std::string user = rows.string(row, 2);
    if (!recipients.user_ids.empty() && recipients.user_ids.back() == user) continue;
    recipients.org_name = rows.string(row, 3);
    recipients.user_ids.push_back(std::move(user));
    recipients.emails.push_back(rows.string(row, 4));
  }
  return all;
}

void PostgresNotifiedUsers::check_access() { session_->select({}); }

}  // namespace pawl::confirm_sync_recovery
