// Prepares the database once, and lives and deaths in it many times.
#include "tests/bin/crash/world.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "storage/checkpoints/reader.h"

namespace pawl::bin {

namespace {

namespace fs = std::filesystem;

constexpr int kLivesToFinish = 4;

// What each step does leaves a row, also when the receiver refuses its key.
constexpr const char* kWatchEffects[] = {
    "create schema kept",
    "create table kept.effects (id bigint generated always as identity, step text, org_id uuid, event_id uuid,"
    " user_id uuid)",
    "create table kept.marks (id uuid)",
    "create function kept.post() returns trigger language plpgsql as $$ begin"
    " insert into kept.effects (step, event_id) values ('create-in-app', new.event_id); return new; end $$",
    "create trigger kept before insert on notifications for each row execute function kept.post()",
    "create function kept.mail() returns trigger language plpgsql as $$ begin"
    " insert into kept.effects (step, event_id, user_id) values ('send-email', new.event_id, new.user_id);"
    " return new; end $$",
    "create trigger kept before insert on pawl.email_deliveries for each row execute function kept.mail()",
    "create function kept.note_resolve(org uuid) returns void language plpgsql as $$ begin"
    " insert into kept.effects (step, org_id) values ('resolve-recipients', org); end $$",
    // not volatile, so that only rows that are asked for are noted
    "create function kept.resolve(org uuid, name text) returns text language plpgsql stable as $$ begin"
    " if current_query() !~ '(notifications|email_deliveries)' then perform kept.note_resolve(org); end if;"
    " return name; end $$",
    "alter view pawl.recipients rename to unwatched_recipients",
    "create view pawl.recipients as select org_id, kept.resolve(org_id, org_name) as org_name, user_id,"
    " email, full_name, role from pawl.unwatched_recipients",
    "create function kept.ring() returns trigger language plpgsql as $$ begin"
    " update pawl.outbox set available_at = now() where available_at = 'infinity'; return null; end $$",
    "create trigger kept after update of asleep on pawl.workers for each row when (new.asleep and not old.asleep)"
    " execute function kept.ring()",
    "create sequence kept.claims",
    "create table kept.rare ()",
    "create function kept.lose_claim() returns trigger language plpgsql as $$ begin"
    " if exists (select from kept.rare) and nextval('kept.claims') = 1 then"
    " perform pg_terminate_backend(pg_backend_pid()); end if; return null; end $$",
    "create trigger kept after update of lease_batch on pawl.outbox for each row"
    " when (new.lease_epoch is not null) execute function kept.lose_claim()",
};

// Of tables with so few rows a truncate would take thirty times as long: it makes each file anew.
constexpr const char* kForgetEverything =
    "do $$ declare t text; begin set local session_replication_role = replica;"
    " for t in select format('%I.%I', schemaname, tablename) from pg_tables"
    " where (schemaname = 'pawl' and tablename not in ('migrations', 'application', 'producers', 'producer_checks',"
    " 'workflows', 'checks', 'retained', 'sync_log_triggers')) or tablename in"
    " ('notifications', 'pms_sync_logs', 'effects', 'marks', 'rare')"
    " loop execute 'delete from ' || t; end loop; end $$";

constexpr const char* kSettledSteps =
    "select s.run_id, s.step, s.key from v1_steps s join v1_runs r using (run_id)"
    " where s.status = 'succeeded' and coalesce(r.ended_at, 'not yet') > '1971'";  // the older one may be pruned

// Also of a killed worker whose last statement is still at work.
constexpr const char* kOthersAreHere =
    "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    " and backend_type = 'client backend'";

void demand(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error("a world of crashes needs " + what);
}

}  // namespace

CrashToll& CrashToll::operator+=(const CrashToll& other) {
  scenarios += other.scenarios;
  lives += other.lives;
  kills += other.kills;
  copies += other.copies;
  in_doubt += other.in_doubt;
  return *this;
}

CrashWorld::CrashWorld() { prepare(); }
CrashWorld::~CrashWorld() = default;

void CrashWorld::prepare() {
  for (const char* slug : {"one", "two", "three", "late", "more", "old", "resumed"})
    organisations_[slug] = std::make_unique<tests::Organisation>(database_, slug);
  for (const char* sql : kWatchEffects) database_.exec(sql);
  make_history();
}

// A run that ended long ago, and one whose in-app step failed for good after its mails were sent, now resumed.
void CrashWorld::make_history() {
  fail_sync("old");
  demand(live("history") == 0, "a run that ends well");
  database_.exec("alter table notifications add constraint broken check (false) not valid");
  fail_sync("resumed");
  demand(live("history", {{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_CREATE_IN_APP", "first=1ms,longest=1ms,attempts=1"}}) == 0,
         "a run that fails");
  database_.exec("alter table notifications drop constraint broken");
  resumed_ = database_.value("select event_id from pawl.v1_events where status = 'failed'");
  demand(run_pawl({"resume", resumed_}, environment("history")).code == 0, "a run that is resumed");
  database_.exec("create table kept.outbox as table pawl.outbox");
  database_.exec("create table kept.mails as select * from pawl.email_deliveries where event_id = $1::uuid",
                 {resumed_});
  SQLite::Database history(path("history"), SQLite::OPEN_READWRITE);
  history.exec("update runs set ended_at = 1 where status = 'done'");
}

Environment CrashWorld::environment(const std::string& store) const {
  return {{"PAWL_POSTGRES", database_.conninfo},
          {"PAWL_CHECKPOINTS", path(store)},
          {"PAWL_MAIL", smtp_.url()},
          {"PAWL_MAIL_FROM", "alerts@example.test"},
          {"PAWL_APP_URL", "https://app.test"},
          {"PAWL_LOG_LEVEL", "warn"},
          {"PAWL_DOORBELL", "listen"},
          {"PAWL_IN_DOUBT", scenario_.hold ? "hold" : "resend"},
          {"PAWL_LEASE", scenario_.slow ? "1500ms" : "30s"},
          {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", scenario_.slow
                                                            ? "first=1200ms,longest=1200ms,attempts=20,jitter=half"
                                                            : "first=20ms,longest=20ms,attempts=20,jitter=half"}};
}

void CrashWorld::begin(CrashScenario scenario) {
  scenario_ = scenario;
  demand(eventually([&] { return database_.value(kOthersAreHere) == "0"; }), "a database without workers");
  for (const auto& row : database_.exec("select message_id from pawl.v1_emails")) past_messages_.insert(row[0]);
  database_.exec(kForgetEverything);
  for (const char* store : {"a", "b"}) lose(store);
  settled_.clear();
  violations_.clear();
  smtp_.forget();
  smtp_.tell("clear");
  if (scenario.lean)
    fail_sync("one");
  else
    begin_with_history();
  if (scenario.rare) make_rare();
  events_ = std::stoi(count("pawl.outbox"));
  effects_seen_ = database_.value("select coalesce(max(id), 0) from kept.effects");
  ++toll_.scenarios;
}

void CrashWorld::begin_with_history() {
  smtp_.tell("data:admin@one*1=451 4.3.0 come back later");
  const std::string columns = database_.value(
      "select string_agg(quote_ident(attname), ', ') from pg_attribute"
      " where attrelid = 'pawl.outbox'::regclass and attnum > 0 and attgenerated = ''");
  database_.exec("insert into pawl.outbox (" + columns + ") overriding system value select " + columns +
                 " from kept.outbox");
  database_.exec("insert into pawl.email_deliveries select * from kept.mails");
  if (!scenario_.fresh) fs::copy_file(path("history"), path("a"));
  settled_["a"] = settled_in("a");
  for (const char* slug : {"one", "two", "three"}) fail_sync(slug);
  add_dead_worker("three");
  if (scenario_.slow) {
    for (int twice = 0; twice < 2; ++twice) fail_sync("late");  // for a lone one the worker does not wake up
    database_.exec("update pawl.outbox set available_at = 'infinity' where payload ->> 'org_id' = $1",
                   {organisations_["late"]->id});
  }
}

void CrashWorld::make_rare() {
  database_.exec("insert into kept.rare default values");
  database_.exec("alter sequence kept.claims restart");
  for (const auto& row : database_.exec(
           "select inhrelid::regclass from pg_inherits where inhparent = 'pawl.outbox_archive'::regclass"
           " and inhrelid::regclass::text ~ to_char(now() at time zone 'UTC' + interval '1 month', 'YYYY_MM')"))
    database_.exec("drop table " + row[0]);
}

void CrashWorld::fail_sync(const std::string& slug) { organisations_[slug]->fail_sync("401 token revoked"); }

void CrashWorld::add_dead_worker(const std::string& slug) {
  database_.exec(
      "with dead as (insert into pawl.workers (store, host, pid, version, expires_at)"
      " values (gen_random_uuid(), 'gone', 1, 'gone', now() - interval '1 s') returning epoch)"
      " update pawl.outbox set lease_epoch = dead.epoch, lease_batch = 1, deliveries = 1 from dead"
      " where payload ->> 'org_id' = $1",
      {organisations_[slug]->id});
}

void CrashWorld::more_work() {
  add_dead_worker("more");
  fail_sync("more");
  smtp_.tell("data:admin@more*1=451 4.3.0 come back later");
  ++events_;
}

int CrashWorld::live(const std::string& store, const Environment& more) {
  Environment all = environment(store);
  for (const auto& [name, value] : more) all[name] = value;
  PawlProcess worker({"worker", "--until-idle"}, all);
  const int code = worker.wait();
  ++toll_.lives;
  toll_.kills += code == -SIGKILL;
  if (code != 0 && code != -SIGKILL)
    violations_.push_back("a worker ended with " + std::to_string(code) + ": " + worker.err());
  note_repeated_steps(store);
  mark_read();
  return code;
}

bool CrashWorld::killed_at(const std::string& store, const std::string& point) {
  return live(store, {{"PAWL_CRASH_AT", point}}) == -SIGKILL;
}

bool CrashWorld::finish(const std::string& store) {
  for (int lives = 0; lives < kLivesToFinish; ++lives) {
    if (live(store) != 0) return false;
    if (count("pawl.outbox") == "0") return true;
  }
  return false;
}

void CrashWorld::expire_leases() { database_.exec("update pawl.workers set expires_at = now() - interval '1 s'"); }

void CrashWorld::lose(const std::string& store) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal", ".lock", ".new", ".new-journal"})
    fs::remove(path(store) + suffix);
  settled_.erase(store);
}

// The application's users read what there is between two lives.
void CrashWorld::mark_read() {
  database_.exec(
      "with marked as (update notifications set read_at = '2001-01-01' where id not in (select id from kept.marks)"
      " returning id) insert into kept.marks select id from marked");
}

CrashWorld::Settled CrashWorld::settled_in(const std::string& store) const {
  Settled settled;
  if (!fs::exists(path(store))) return settled;
  const storage::CheckpointReader reader(path(store));
  for (const auto& row : reader.query(kSettledSteps).rows)
    settled.insert(row[0].value_or("") + " " + row[1].value_or("") + " " + row[2].value_or(""));
  return settled;
}

// I4: what had settled in this store before the life that has just ended was not executed again in it.
void CrashWorld::note_repeated_steps(const std::string& store) {
  const Settled before = std::exchange(settled_[store], settled_in(store));
  if (effects_seen_.empty()) return;  // history in the making
  for (const auto& row : database_.exec(
           "select f.id, concat_ws(' ', coalesce(f.event_id, v.event_id), f.step, coalesce(f.user_id::text, ''))"
           " from kept.effects f left join pawl.v1_events v on v.payload ->> 'org_id' = f.org_id::text"
           " where f.id > $1::bigint order by f.id",
           {effects_seen_})) {
    check(!before.contains(row[1]), "I4: had settled in store " + store + " and ran again: " + row[1]);
    effects_seen_ = row[0];
  }
  for (const std::string& step : before)
    check(settled_[store].contains(step), "I4: was settled in store " + store + " and is no more: " + step);
}

}  // namespace pawl::bin
