// Reads owners and admins of many organisations in one query.
#include "workflows/depositlink/postgres/postgres_recipients.h"

#include <map>

#include "engine/authoring/uuid.h"
#include "storage/postgres/binary_array.h"
#include "storage/postgres/pool.h"

namespace pawl::depositlink {

class PostgresRecipients::Queries {
 public:
  explicit Queries(storage::PostgresAddress address) : pool(std::move(address)) {}
  storage::PostgresPool pool;
};

PostgresRecipients::PostgresRecipients(storage::PostgresAddress address)
    : queries_(std::make_unique<Queries>(std::move(address))) {}
PostgresRecipients::~PostgresRecipients() = default;

namespace {

// In order of the organisations, and of users within one. Those whom a policy hides would never be told, and nobody
// would know, so the function throws instead.
const std::string kSelect =
    "select organisation, org_name, user_id, email from pawl.owners_and_admins($1) order by 1, 3";

storage::Rows select_recipients(storage::PostgresPool& pool, std::span<const std::string> org_ids) {
  storage::TextArray ids;  // text that is no uuid belongs to no organisation, and must not fail the others' query
  for (const std::string& id : org_ids)
    if (engine::is_uuid(id)) ids.add(id);
  return pool.borrow()->run_binary("read recipients", kSelect, {ids.bytes()}, storage::Plan::kKept);
}

}  // namespace

std::vector<Recipients> PostgresRecipients::owners_and_admins(std::span<const std::string> org_ids) {
  std::map<std::string, Recipients> found;
  const storage::Rows rows = select_recipients(queries_->pool, org_ids);
  for (std::size_t row = 0; row < rows.size(); ++row) {
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

void PostgresRecipients::check_access() { select_recipients(queries_->pool, {}); }

}  // namespace pawl::depositlink
