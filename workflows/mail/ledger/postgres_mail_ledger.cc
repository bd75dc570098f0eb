// The mail ledger: claim just before sending, settle just after.
//
// The in-doubt window is between them. A row stays `sending` from the moment we may start to send until the outcome is
// recorded; a crash, a lost connection or a stalled server in between leaves it so, and nobody can tell whether the
// mail has left. The next claim that finds such a row counts it, and then the policy decides.
#include "workflows/mail/ledger/postgres_mail_ledger.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "storage/postgres/binary_array.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/errors.h"
#include "storage/postgres/fence.h"
#include "workflows/mail/faults/crash_points.h"
#include "workflows/mail/ledger/claim_numbers.h"
#include "workflows/mail/ledger/distinct_addresses.h"
#include "workflows/mail/ledger/distinct_recipients.h"
#include "workflows/mail/ledger/mail_kinds.h"
#include "workflows/mail/ledger/request_coalescer.h"

namespace pawl::mail {

namespace {

// Of mails that nobody has claimed before, and of any.
struct ClaimStatements {
  explicit ClaimStatements(const std::string& people);
  const std::string first, again;
};

}  // namespace

// A connection for claims and one for verdicts: neither waits for the other, and threads share the statements of each.
class PostgresMailLedger::Calls {
 public:
  Calls(const storage::PostgresAddress& address, const storage::Epoch& epoch, InDoubtPolicy policy,
        const std::optional<Audience>& audience)
      : address_(address),
        epoch_(epoch),
        policy_(policy),
        has_audience_(audience),
        claims_sql_(people_sql(audience)),
        claiming_(address),
        settling_(address) {}

  std::vector<LedgerEntry> claim(std::span<const LedgerRequest> requests);
  void settle(std::span<const LedgerVerdict> verdicts);
  void check_access();

  struct Settled {};
  RequestCoalescer<LedgerRequest, LedgerEntry> claims{[this](auto requests) { return claim(requests); }};
  RequestCoalescer<LedgerVerdict, Settled> verdicts{[this](auto settled) {
    settle(settled);
    return std::vector<Settled>(settled.size());
  }};

 private:
  storage::Rows claim(storage::PostgresConnection& connection, const storage::BinaryParameters& parameters,
                      storage::Plan plan, bool again) const;

  const storage::PostgresAddress address_;
  const storage::Epoch& epoch_;
  const InDoubtPolicy policy_;
  const bool has_audience_;
  const ClaimStatements claims_sql_;
  ClaimNumbers numbers_;
  storage::PostgresConnection claiming_;
  storage::PostgresConnection settling_;
};

PostgresMailLedger::PostgresMailLedger(const storage::PostgresAddress& address, const storage::Epoch& epoch,
                                       InDoubtPolicy policy, const std::optional<Audience>& audience)
    : calls_(std::make_unique<Calls>(address, epoch, policy, audience)) {}
PostgresMailLedger::~PostgresMailLedger() = default;

namespace {

// $1 epoch, $2 whether to hold what is in doubt (`mine.hold` only gives it a type where nothing else asks for it), $3
// to $6 and $11 the requests, whose `person` counts among $7 and $8, and whose `kind` among $9 and $10, workflows and
// steps: each person is looked up once, and answered once, however many mails go to him. A mail is answered only where
// it is not simply cleared; where all of them are, the counts say so, and nothing is joined (a one-time filter).
//
// A row that came back from the upsert has the state its answer needs; one that did not is `accepted`. A `sending` row
// with the number of this very claim is not an interrupted mail: the claim is being repeated, because its commit's
// outcome was unknown.
struct ClaimParts {
  std::string people;      // the table `people` of $7 and $8
  std::string moved = {};  // a table `moved` of the claims that go to another user's row, if any do
  std::string row_of_user = "p.user_id";
  std::string join = {};
  std::string on_conflict = {};
};

std::string claim_sql(const ClaimParts& parts) {
  return "with " +
         storage::fence({.columns = ", $2::boolean as hold, (extract(epoch from now()) * 1000000)::bigint as at"}) +
         "," + parts.people + parts.moved +
         " mailboxes as (insert into pawl.mailboxes as m (address, user_id, seen_on)"
         " select distinct lower(btrim(p.email)), p.user_id, current_date from mine cross join people p"
         " where octet_length(btrim(p.email)) between 1 and 1000 and not exists (select from pawl.mailboxes k"
         " where k.address = lower(btrim(p.email)) and k.user_id = p.user_id and k.seen_on >= current_date) order by "
         "1, 2"
         " on conflict (address, user_id) do update set seen_on = excluded.seen_on),"
         " claimed as (insert into pawl.email_deliveries as d"
         " (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts, workflow, step, state, message_id,"
         " address, reply)"
         " select a.event_id, " +
         parts.row_of_user +
         ", mine.epoch, a.claim, now(), case when p.unfit is not null then now() end,"
         " case when p.unfit is null then 1 else 0 end, ($9::text[])[a.kind], ($10::text[])[a.kind],"
         " case when p.unfit is null then 'sending' else 'suppressed' end,"
         " a.message_id, nullif(btrim(p.email), ''), p.unfit"
         " from mine cross join unnest($3::uuid[], $4::bigint[], $5::text[], $6::bigint[], $11::bigint[])"
         " as a (event_id, person, message_id, claim, kind) join people p using (person)" +
         parts.join + parts.on_conflict +
         " returning d.claim, d.state, d.reply, d.message_id, d.first_claimed_at)"
         " select (select at from mine), person, null, null, null, email, full_name, time_zone, null, null from people"
         " union all select null, null, a.index, coalesce(c.state, 'accepted'), c.reply, p.email, p.full_name, "
         "p.time_zone,"
         " c.message_id, (extract(epoch from c.first_claimed_at) * 1000000)::bigint"
         " from unnest($4::bigint[], $6::bigint[]) with ordinality as a (person, claim, index)"
         " join people p using (person) left join claimed c using (claim)"
         " where (select count(*) from claimed where state = 'sending' and first_claimed_at is null)"
         " < cardinality($3::uuid[]) and (c.state is distinct from 'sending' or c.first_claimed_at is not null)";
}

// Whether a copy of the mail of row d may exist, though its acceptance is not recorded.
std::string may_be_out(const std::string& interrupted) {
  return "(d.state = 'in_doubt' or d.in_doubt_count > 0 or " + interrupted + ")";
}

const std::string kInterrupted = "(d.state = 'sending' and d.claim <> excluded.claim)";
const std::string kHolds = "$2::boolean and (d.state = 'in_doubt' or " + kInterrupted + ")";

// The Message-ID and the date of a mail stay once a copy may exist.
const std::string kOnConflict =
    " on conflict (event_id, user_id, step) do update set epoch = excluded.epoch, claim = excluded.claim,"
    " claimed_at = excluded.claimed_at, address = case when " +
    kHolds + " then d.address else coalesce(excluded.address, d.address) end, in_doubt_count = d.in_doubt_count + " +
    kInterrupted + "::int, message_id = case when " + may_be_out(kInterrupted) +
    " then d.message_id else excluded.message_id end, first_claimed_at = case when " + may_be_out(kInterrupted) +
    " then coalesce(d.first_claimed_at, d.claimed_at) end, state = case when " + kHolds +
    " then 'in_doubt' else excluded.state end, settled_at = case when " + kHolds +
    " then coalesce(d.settled_at, now()) else excluded.settled_at end,"
    " attempts = d.attempts + case when d.claim = excluded.claim"
    " or (d.state in ('sending', 'in_doubt') and $2::boolean) then 0 else excluded.attempts end, reply = case when " +
    kInterrupted +
    " and $2::boolean then 'interrupted before the reply was recorded' else coalesce(excluded.reply, d.reply) end"
    " where d.state <> 'accepted'";

// A step's mail of an event to one mailbox has one row. Another user of the mailbox may come to ask for it: one who is
// first among them since recipients were resolved anew, because the checkpoints are lost. His claim goes to the row of
// the mail that was sent, or may have been; what this epoch is sending just now is not asked about. Two claims of one
// statement cannot go to the same row: Postgres refuses them both, and the engine asks for each again by itself.
const std::string kMoved =
    " others as materialized (select d.event_id, d.user_id, d.step, d.state = 'accepted' as accepted,"
    " lower(d.address collate \"C\") as mailbox from pawl.email_deliveries d"
    " where d.event_id = any($3::uuid[]) and (d.state = 'accepted' or " +
    may_be_out("(d.state = 'sending' and d.epoch <> $1::bigint)") +
    ")), moved as (select distinct on (a.claim) a.claim, o.user_id"
    " from unnest($3::uuid[], $4::bigint[], $6::bigint[], $11::bigint[]) as a (event_id, person, claim, kind)"
    " join people p using (person)"
    " join others o on o.event_id = a.event_id and o.step = ($10::text[])[a.kind] and o.mailbox = lower(btrim(p.email) "
    "collate \"C\")"
    " where p.unfit is null and not exists"
    " (select from others own where own.event_id = a.event_id and own.user_id = p.user_id and own.step = o.step"
    " and own.accepted)"
    " order by a.claim, o.accepted desc, o.user_id = p.user_id desc),";

// Postgres inserts faster where it need not be ready for a conflict.
// Gain: 5 % of all CPU time, with the inbox's.
ClaimStatements::ClaimStatements(const std::string& people)
    : first(claim_sql({.people = people})),
      again(claim_sql(
          {people, kMoved, "coalesce(moved.user_id, p.user_id)", " left join moved using (claim)", kOnConflict})) {}

// Only the claim that cleared a mail settles it, and only once: repeating finds no `sending` row, and a settlement that
// was given up and arrives late finds the mail under a later claim, whose outcome is another.
//
// $2 the events, $3 the claims in ascending order, $4 which verdict each got, $5 and $6 the verdicts, of which most
// batches have one. Rows and verdicts find each other by bisection: as a join they are planned as all pairs, since
// `sending` rows are taken for rare (measured: 300 ms for 1,000 verdicts); looking the places up first, to keep the
// planner from that, took twice as long, and `claim = any(...)` takes longer to plan. All mails of an event
// are looked at for one of them: 1.4 ms where it has ten thousand.
// Gain: throughput is 2.4 times that with a join.
const std::string kIndex = "width_bucket(d.claim, $3::bigint[])";
const std::string kVerdict = "($4::bigint[])[" + kIndex + "]::int";
const std::string kSettle =
    "with " + storage::fence() + ", settled as (update pawl.email_deliveries d set state = ($5::text[])[" + kVerdict +
    "], reply = ($6::text[])[" + kVerdict +
    "], settled_at = now(),"
    " in_doubt_count = d.in_doubt_count + (($5::text[])[" +
    kVerdict + "] = 'in_doubt')::int from mine where d.event_id = any($2::uuid[]) and d.claim = ($3::bigint[])[" +
    kIndex + "] and d.epoch = mine.epoch and d.state = 'sending') select " + storage::kLeaseHeld;

// The plan is kept, since one that is made anew weighs each event by the statistics. Large batches have one of their
// own: that of a worker with little to do may be to scan a ledger that is small. Gain: 1 ms a batch.
const std::string kSettleMany = kSettle + " -- many";

// What the statement says of each person, and of the mails that are not simply cleared.
struct Answer {
  std::vector<LedgerEntry> cleared;               // by person
  std::map<std::size_t, LedgerEntry> exceptions;  // by request
};

engine::Timestamp moment(const storage::Rows& rows, std::size_t row, int column) {
  return engine::Timestamp{std::chrono::microseconds{rows.integer(row, column)}};
}

LedgerEntry cleared_by(const storage::Rows& rows, std::size_t row) {
  LedgerEntry entry;
  entry.email = rows.string(row, 5);
  entry.full_name = rows.string(row, 6);
  entry.time_zone = rows.string(row, 7);
  return entry;
}

LedgerEntry exception_from(const storage::Rows& rows, std::size_t row) {
  LedgerEntry entry;
  const std::string_view state = rows.text(row, 3);
  if (state == "sending") {
    entry = cleared_by(rows, row);
    entry.message_id = rows.string(row, 8);
    entry.date = moment(rows, row, 9);
  } else if (state == "accepted") {
    entry.clearance = Clearance::kAccepted;
  } else {
    entry.clearance = state == "suppressed" ? Clearance::kSuppressed : Clearance::kHeld;
    entry.reason = rows.string(row, 4);
  }
  return entry;
}

Answer answer_from(const storage::Rows& rows) {
  Answer answer;
  answer.cleared.resize(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (rows.null(row, 2)) {
      LedgerEntry& entry = answer.cleared.at(static_cast<std::size_t>(rows.integer(row, 1)) - 1);
      entry = cleared_by(rows, row);
      entry.date = moment(rows, row, 0);
    } else {
      answer.exceptions[static_cast<std::size_t>(rows.integer(row, 2)) - 1] = exception_from(rows, row);
    }
  }
  return answer;
}

}  // namespace

storage::Rows PostgresMailLedger::Calls::claim(storage::PostgresConnection& connection,
                                               const storage::BinaryParameters& parameters, storage::Plan plan,
                                               bool again) const {
  if (again) return connection.run_binary("claim mails", claims_sql_.again, parameters, plan);
  try {
    return connection.run_binary("claim mails", claims_sql_.first, parameters, plan);
  } catch (const storage::DuplicateError&) {  // claimed by a worker that crashed, or to whom the reply was lost
    return connection.run_binary("claim mails", claims_sql_.again, parameters);
  }
}

std::vector<LedgerEntry> PostgresMailLedger::Calls::claim(std::span<const LedgerRequest> requests) {
  storage::UuidArray effects_ids;
  storage::BigintArray persons, numbers;
  storage::TextArray message_ids;
  MailKinds kinds;
  DistinctRecipients users;
  DistinctAddresses addresses;
  std::vector<std::size_t> person_of;
  for (const LedgerRequest& request : requests) {
    effects_ids.add(request.effects_id);
    const std::int64_t person =
        has_audience_ ? users.index_of(request.org_id, request.recipient) : addresses.index_of(request.recipient);
    person_of.push_back(static_cast<std::size_t>(person) - 1);
    persons.add(person);
    message_ids.add(request.message_id);
    kinds.add(request.workflow, request.step);
    numbers.add(numbers_.ask(request.effects_id, request.step, request.recipient));
  }
  const bool hold = policy_ == InDoubtPolicy::kHold;
  engine::crash_point(kBeforeMailClaimed);
  const bool again = std::any_of(requests.begin(), requests.end(), [](const auto& mail) { return mail.again; });
  const storage::Rows rows = claim(
      claiming_,
      {storage::binary(epoch_.load()), storage::binary(hold), effects_ids.bytes(), persons.bytes(), message_ids.bytes(),
       numbers.bytes(), has_audience_ ? users.org_ids() : addresses.ids(),
       has_audience_ ? users.user_ids() : addresses.addresses(), kinds.workflows(), kinds.steps(), kinds.of_mails()},
      again ? storage::plan_for(requests.size()) : storage::Plan::kKept, again);
  storage::require_lease(!rows.null(0, 0), "claim mails", epoch_);
  engine::crash_point(kAfterMailClaimed);
  const Answer answer = answer_from(rows);
  std::vector<LedgerEntry> entries;
  for (std::size_t index = 0; index < requests.size(); ++index) {
    const auto exception = answer.exceptions.find(index);
    const bool simply = exception == answer.exceptions.end();
    entries.push_back(simply ? answer.cleared[person_of[index]] : exception->second);
    if (entries.back().message_id.empty()) entries.back().message_id = requests[index].message_id;
    numbers_.answered(requests[index].effects_id, requests[index].step, requests[index].recipient,
                      entries.back().clearance == Clearance::kCleared);
  }
  return entries;
}

void PostgresMailLedger::Calls::settle(std::span<const LedgerVerdict> settled) {
  std::vector<std::pair<std::int64_t, const LedgerVerdict*>> by_claim;
  by_claim.reserve(settled.size());
  storage::UuidArray effects_ids;
  const std::string* effects_id = nullptr;
  for (const LedgerVerdict& verdict : settled) {
    by_claim.emplace_back(numbers_.last(verdict.effects_id, verdict.step, verdict.recipient), &verdict);
    if (effects_id == nullptr || *effects_id != verdict.effects_id) effects_ids.add(verdict.effects_id);
    effects_id = &verdict.effects_id;
  }
  std::sort(by_claim.begin(), by_claim.end());
  storage::BigintArray claims, verdict_of_claim;
  storage::TextArray states, replies;
  std::map<std::pair<LedgerState, std::string_view>, std::int64_t> verdicts;
  for (const auto& [claim, verdict] : by_claim) {
    const auto [known, is_new] = verdicts.try_emplace({verdict->state, verdict->reply}, verdicts.size() + 1);
    if (is_new) {
      states.add(to_string(verdict->state));
      replies.add(verdict->reply);
    }
    claims.add(claim);
    verdict_of_claim.add(known->second);
  }
  engine::crash_point(kBeforeMailSettled);
  const std::string& sql = settled.size() <= storage::kFewRows ? kSettle : kSettleMany;
  const storage::Rows rows = settling_.run_binary("settle mails", sql,
                                                  {storage::binary(epoch_.load()), effects_ids.bytes(), claims.bytes(),
                                                   verdict_of_claim.bytes(), states.bytes(), replies.bytes()},
                                                  storage::Plan::kKept);
  storage::require_lease(rows.boolean(0, 0), "settle mails", epoch_);
  engine::crash_point(kAfterMailSettled);
  for (const LedgerVerdict& verdict : settled) numbers_.settled(verdict.effects_id, verdict.step, verdict.recipient);
}

// On a connection of its own: those of claims and verdicts are in use.
void PostgresMailLedger::Calls::check_access() {
  storage::PostgresConnection checking(address_);
  const std::string nobody = storage::binary(std::int64_t{0}), hold = storage::binary(false);
  const storage::UuidArray ids;
  const storage::TextArray no_texts;
  const storage::BigintArray no_numbers;
  const std::string_view uuids = ids.bytes(), texts = no_texts.bytes(), numbers = no_numbers.bytes();
  for (const bool again : {false, true})
    claim(checking,
          {nobody, hold, uuids, numbers, texts, numbers, uuids, has_audience_ ? uuids : texts, texts, texts, numbers},
          storage::Plan::kOwn, again);
  checking.run_binary("settle mails", kSettle, {nobody, uuids, numbers, numbers, texts, texts});
}

std::vector<LedgerEntry> PostgresMailLedger::claim(std::span<const LedgerRequest> requests) {
  return requests.empty() ? std::vector<LedgerEntry>{} : calls_->claims.call(requests);
}

void PostgresMailLedger::settle(std::span<const LedgerVerdict> verdicts) {
  if (!verdicts.empty()) calls_->verdicts.call(verdicts);
}

void PostgresMailLedger::check_access() { calls_->check_access(); }

}  // namespace pawl::mail
