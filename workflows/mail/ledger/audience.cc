// Writes the part of a claim that looks recipients up.
#include "workflows/mail/ledger/audience.h"

#include "storage/postgres/text/sql_text.h"

namespace pawl::mail {
namespace {

// Those who are eligible are read once an organisation. Looking each person up by himself costs more where tables are
// small; joining people to all members is planned by what an organisation has on average, and reads a large one again
// for each of its people. `time_zone` is a column that the view may lack: inside the subquery the name means the view's
// column where it has one, else that of `absent`.
std::string members_of(const Audience& audience) {
  return " members as materialized (select distinct on (r.org_id, r.user_id) r.org_id, r.user_id, r.email, r.full_name,"
         " (select time_zone::text from (select r.*) as own) as time_zone"
         " from (select distinct org_id from unnest($7::uuid[]) as o (org_id)) o join " +
         audience.view + " r on r.org_id = o.org_id cross join (values (null::text)) as absent (time_zone) where " +
         audience.eligible +
         "), people as materialized (select p.person, p.user_id, m.email, m.full_name, m.time_zone,"
         " case when m.user_id is not null then case when coalesce(m.email, '') = '' then 'has no email address' end"
         " when not (select " +
         audience.visible +
         ") then null"  // never: it is an error then
         " when (select true from " +
         audience.view + " r where r.org_id = p.org_id and r.user_id = p.user_id limit 1) then " +
         storage::sql_literal(audience.ineligible) + " else " + storage::sql_literal(audience.absent) +
         " end as unfit from unnest($7::uuid[], $8::uuid[]) with ordinality as p (org_id, user_id, person)"
         " left join members m using (org_id, user_id)),";
}

constexpr const char* kAddresses =
    " people as materialized (select p.person, p.user_id, p.email, null::text as full_name, null::text as time_zone,"
    " case when p.email = '' then 'has no email address' end as unfit"
    " from unnest($7::uuid[], $8::text[]) with ordinality as p (user_id, email, person)),";

}  // namespace

std::string people_sql(const std::optional<Audience>& audience) {
  return audience ? members_of(*audience) : kAddresses;
}

}  // namespace pawl::mail
