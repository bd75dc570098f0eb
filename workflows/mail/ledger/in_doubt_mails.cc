// Reads and resolves mails in doubt with one short-lived connection a call.
#include "workflows/mail/ledger/in_doubt_mails.h"

#include "storage/postgres/connection.h"
#include "storage/postgres/text/array_literal.h"
#include "storage/postgres/text/sql_text.h"
#include "workflows/mail/faults/crash_points.h"

namespace pawl::mail {

std::vector<InDoubtMail> mails_in_doubt(const storage::PostgresAddress& address) {
  storage::PostgresConnection connection(address);
  const storage::Rows rows = connection.run(
      "list mails in doubt",
      "select run_id, user_id, email, " + storage::utc_text("since", storage::Fraction::kNone) +
          ", in_doubt_count, run, reply, message_id from pawl.v1_in_doubt order by since, run_id, user_id",
      {});
  std::vector<InDoubtMail> mails;
  for (std::size_t row = 0; row < rows.size(); ++row)
    mails.push_back({rows.string(row, 0), rows.string(row, 1), rows.string(row, 2), rows.string(row, 3),
                     rows.integer(row, 4), rows.string(row, 5), rows.string(row, 6), rows.string(row, 7)});
  return mails;
}

InDoubtOutcome resolve_in_doubt(const storage::PostgresAddress& address, const InDoubtResolution& resolution) {
  storage::PostgresConnection connection(address);
  const std::string request = choose_request(connection);
  engine::crash_point(kBeforeResolved);
  const storage::Rows rows = connection.run(
      "resolve mails in doubt",
      "select resolved, outcome, run from pawl.resolve_in_doubt($1::uuid, nullif($2, '')::uuid,"
      " $3::boolean, $4, nullif($5, ''), $6::uuid)",
      {resolution.run_id, resolution.user_id, resolution.sent ? "t" : "f",
       storage::storable_text(resolution.requested_by), storage::storable_text(resolution.note), request});
  engine::crash_point(kAfterResolved);
  return {static_cast<int>(rows.integer(0, 0)), rows.string(0, 1), rows.string(0, 2)};
}

}  // namespace pawl::mail
