// Posts the notifications of many events in one insert.
#include "workflows/depositlink/postgres/postgres_inbox.h"

#include <chrono>
#include <mutex>
#include <optional>

#include "engine/authoring/clock.h"
#include "storage/postgres/binary_array.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/fence.h"
#include "storage/postgres/pool.h"
#include "workflows/depositlink/postgres/audience.h"
#include "workflows/depositlink/postgres/notifications_table.h"
#include "workflows/depositlink/postgres/ordered_ids.h"
#include "workflows/mail/ledger/distinct_recipients.h"

namespace pawl::depositlink {

namespace {

// $2 to $9 the notifications; $10 to $12 who is told which of them, as indexes, and the id of his row; $13 and $14 the
// people: so a text is sent once however many read it, and each person is looked up once. `table`: the application's
// notifications with their schema, never found on a path that somebody else may have put a table on. `on_conflict`:
// what to do with a row that exists. Where somebody is not found, the last column is an error if rows may be hidden;
// asked for each person where he is looked up, it would have the statement planned anew each time.
std::string post_sql(const std::string& table, const std::string& on_conflict) {
  return "with " + storage::fence() +
         ", note as materialized (select event_id, org_id, kind, urgency, title, body, link, data::jsonb as data, index"
         " from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])"
         " with ordinality as n (event_id, org_id, kind, urgency, title, body, link, data, index)),"
         " people as materialized (select p.user_id, p.person"
         " from unnest($13::uuid[], $14::uuid[]) with ordinality as p (org_id, user_id, person)"
         " where exists (select from pawl.recipients r where r.org_id = p.org_id and r.user_id = p.user_id and " +
         kIsOwnerOrAdmin +
         ")),"
         " posted as (insert into " +
         table +
         " (id, event_id, user_id, org_id, kind, urgency, title, body, link, data)"
         " select a.id, n.event_id, p.user_id, n.org_id, n.kind, n.urgency, n.title, n.body, n.link, n.data"
         " from mine cross join unnest($10::bigint[], $11::bigint[], $12::uuid[]) as a (index, person, id)"
         " join note n on n.index = a.index join people p on p.person = a.person" +
         on_conflict + " returning 1) select " + storage::kLeaseHeld +
         ", (select count(*) from posted),"
         " case when (select count(*) from people) < cardinality($14::uuid[])"
         " then (select pawl.require_visible_rows()) end";
}

// Postgres inserts faster where it need not be ready for a conflict. The unique key makes posting again harmless, so it
// must not be dropped while a worker runs: only the second statement, checked at the start, would notice. A row that
// exists is not touched.
// Gain: 5 % of all CPU time, with the mail ledger's.
struct Statements {
  explicit Statements(const std::string& table)
      : post(post_sql(table, "")),
        post_again(post_sql(table, " on conflict (event_id, user_id, kind) do nothing")),
        count(
            "select a.index, count(distinct n.user_id) from unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[])"
            " as a (index, event_id, user_id, kind) join " +
            table + " n using (event_id, user_id, kind) group by a.index") {}
  const std::string post, post_again, count;
};

}  // namespace

class PostgresInbox::Session {
 public:
  Session(storage::PostgresAddress address, const storage::Epoch& epoch) : pool(std::move(address)), epoch(epoch) {}
  // Read once: a notifications that moves needs a migration, and a worker that starts anew.
  const Statements& statements(storage::PostgresConnection& connection) {
    std::call_once(found_, [&] { statements_.emplace(notifications_table(connection)); });
    return *statements_;
  }

  storage::PostgresPool pool;
  const storage::Epoch& epoch;

 private:
  std::once_flag found_;
  std::optional<Statements> statements_;
};

PostgresInbox::PostgresInbox(storage::PostgresAddress address, const storage::Epoch& epoch)
    : session_(std::make_unique<Session>(std::move(address), epoch)) {}
PostgresInbox::~PostgresInbox() = default;

namespace {

struct Columns {
  storage::UuidArray event_ids, org_ids;
  storage::TextArray kinds, urgencies, titles, bodies, links, data;
  storage::BigintArray index_of_user, person_of_user;
  mail::DistinctRecipients people;
  std::int64_t users = 0;
  bool again = false;

  explicit Columns(std::span<const Notification> notifications) {
    for (std::size_t index = 0; index < notifications.size(); ++index)
      add(notifications[index], static_cast<std::int64_t>(index) + 1);
  }

  void add(const Notification& notification, std::int64_t index) {
    event_ids.add(notification.effects_id);
    org_ids.add(notification.org_id);
    kinds.add(notification.kind);
    urgencies.add(notification.urgency);
    titles.add(notification.title);
    bodies.add(notification.body);
    links.add(notification.link);
    data.add(notification.data);
    again = again || notification.again;
    for (const std::string& user_id : notification.user_ids) {
      index_of_user.add(index);
      person_of_user.add(people.index_of(notification.org_id, user_id));
      ++users;
    }
  }
};

storage::Rows run(storage::PostgresConnection& connection, const std::string& sql, std::int64_t epoch,
                  const Columns& columns) {
  const auto now = std::chrono::time_point_cast<engine::Duration>(std::chrono::system_clock::now());
  const storage::UuidArray ids = ordered_ids(static_cast<std::size_t>(columns.users), now);
  return connection.run_binary(
      "post notifications", sql,
      {storage::binary(epoch), columns.event_ids.bytes(), columns.org_ids.bytes(), columns.kinds.bytes(),
       columns.urgencies.bytes(), columns.titles.bytes(), columns.bodies.bytes(), columns.links.bytes(),
       columns.data.bytes(), columns.index_of_user.bytes(), columns.person_of_user.bytes(), ids.bytes(),
       columns.people.org_ids(), columns.people.user_ids()},
      storage::Plan::kKept);
}

storage::Rows insert_rows(storage::PostgresConnection& connection, const Statements& sql, std::int64_t epoch,
                          const Columns& columns) {
  if (!columns.again) try {
      return run(connection, sql.post, epoch, columns);
    } catch (const storage::DuplicateError&) {  // posted by a worker that crashed, or to whom the reply was lost
    }
  return run(connection, sql.post_again, epoch, columns);
}

// Only where some have no new row, so it is seldom asked.
std::vector<int> count_rows(storage::PostgresConnection& connection, const std::string& sql,
                            std::span<const Notification> notifications) {
  storage::BigintArray indexes;
  storage::UuidArray event_ids, user_ids;
  storage::TextArray kinds;
  for (std::size_t index = 0; index < notifications.size(); ++index) {
    for (const std::string& user_id : notifications[index].user_ids) {
      indexes.add(static_cast<std::int64_t>(index));
      event_ids.add(notifications[index].effects_id);
      user_ids.add(user_id);
      kinds.add(notifications[index].kind);
    }
  }
  const storage::Rows rows = connection.run_binary(
      "count notifications", sql, {indexes.bytes(), event_ids.bytes(), user_ids.bytes(), kinds.bytes()});
  std::vector<int> counts(notifications.size());
  for (std::size_t row = 0; row < rows.size(); ++row)
    counts[static_cast<std::size_t>(rows.integer(row, 0))] = static_cast<int>(rows.integer(row, 1));
  return counts;
}

}  // namespace

std::vector<int> PostgresInbox::post(std::span<const Notification> notifications) {
  if (notifications.empty()) return {};
  const Columns columns(notifications);
  const storage::PostgresPool::Borrowed connection = session_->pool.borrow();
  const Statements& sql = session_->statements(*connection);
  const storage::Rows posted = insert_rows(*connection, sql, session_->epoch, columns);
  storage::require_lease(posted.boolean(0, 0), "post notifications", session_->epoch);
  if (posted.integer(0, 1) < columns.users) return count_rows(*connection, sql.count, notifications);
  std::vector<int> counts;
  for (const Notification& notification : notifications)
    counts.push_back(static_cast<int>(notification.user_ids.size()));
  return counts;
}

void PostgresInbox::check_access() {
  const storage::PostgresPool::Borrowed connection = session_->pool.borrow();
  const Statements& sql = session_->statements(*connection);
  run(*connection, sql.post, 0, Columns({}));
  run(*connection, sql.post_again, 0, Columns({}));
  count_rows(*connection, sql.count, {});
}

}  // namespace pawl::depositlink
