// Reads owners and admins of many organisations in one query.
#include "storage/postgres_recipients.h"

#include <map>

#include "engine/uuid.h"
#include "storage/binary_array.h"
#include "storage/postgres_pool.h"

namespace pawl::storage {

using notify_sync_failure::Recipients;

class PostgresRecipients::Body {
 public:
  explicit Body(PostgresAddress address) : pool(std::move(address)) {}
  PostgresPool pool;
};

PostgresRecipients::PostgresRecipients(PostgresAddress address) : body_(std::make_unique<Body>(std::move(address))) {}
PostgresRecipients::~PostgresRecipients() = default;

namespace {

Rows select_recipients(PostgresPool& pool, std::span<const std::string> org_ids) {
  TextArray ids;  // text that is no uuid belongs to no organisation, and must not fail the others' query
  for (const std::string& id : org_ids)
    if (engine::is_uuid(id)) ids.add(id);
  return pool.borrow()->run_binary(
      "read recipients",
      // those whom a policy hides would never be told, and nobody would know
      "select o.asked, r.org_name, r.user_id, coalesce(r.email, '') from unnest($1::text[]) o (asked)"
      " left join pawl.recipients r on r.org_id = o.asked::uuid and r.role in ('owner', 'admin')"
      " where (select pawl.require_visible_rows()) order by o.asked, r.user_id",
      {ids.bytes()}, plan_for(org_ids.size()));
}

}  // namespace

std::vector<Recipients> PostgresRecipients::owners_and_admins(std::span<const std::string> org_ids) {
  std::map<std::string, Recipients> found;
  const Rows rows = select_recipients(body_->pool, org_ids);
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.null(row, 2)) continue;
    Recipients& recipients = found[rows.string(row, 0)];
    recipients.org_name = rows.string(row, 1);
    std::string user = rows.string(row, 2);
    if (recipients.user_ids.empty() || recipients.user_ids.back() != user) {
      recipients.user_ids.push_back(std::move(user));
      recipients.emails.push_back(rows.string(row, 3));
    }
  }
  std::vector<Recipients> in_order;
  for (const std::string& id : org_ids) in_order.push_back(found[id]);
  return in_order;
}

void PostgresRecipients::check_access() { select_recipients(body_->pool, {}); }

}  // namespace pawl::storage
