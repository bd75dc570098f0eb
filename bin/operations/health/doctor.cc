// Examines the parts side by side.
#include "bin/operations/health/doctor.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <future>
#include <iterator>

#include "bin/operations/health/host_check.h"
#include "bin/operations/health/status.h"
#include "bin/operations/runs/fleet.h"
#include "engine/authoring/errors.h"
#include "engine/text/counted.h"
#include "storage/checkpoints/reader.h"
#include "storage/outbox/fleet/fleet.h"
#include "storage/postgres/advice.h"
#include "storage/schema/migrator.h"
#include "storage/sqlite/lock.h"
#include "storage/sqlite/patience.h"

namespace pawl::bin {

namespace {

constexpr std::chrono::milliseconds kLookAtPagesFor{500};

class Notes {
 public:
  explicit Notes(Examined& examined) : examined_(examined) {}

  void fact(const std::string& name, const std::string& text) { examined_.facts.push_back({name, text, {}}); }
  void count(const std::string& name, std::int64_t number) {
    examined_.facts.push_back({name, std::to_string(number), number});
  }
  void size(const std::string& name, std::uintmax_t bytes) {
    examined_.facts.push_back({name, mebibytes(bytes), static_cast<std::int64_t>(bytes)});
  }
  void flag(const std::string& name, const std::string& text, bool value) {
    examined_.facts.push_back({name, text, value});
  }
  void problem(const std::string& what, const std::string& why, const std::string& advice) {
    examined_.findings.push_back({Finding::Weight::kProblem, what, why, advice});
  }
  void add(Findings findings) { std::ranges::move(findings, std::back_inserter(examined_.findings)); }
  void note(const std::string& what, const std::string& why, const std::string& advice) {
    examined_.findings.push_back({Finding::Weight::kNote, what, why, advice});
  }

 private:
  Examined& examined_;
};

// ---- Postgres

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void look_at_clock(storage::PostgresConnection& connection, Notes& notes) {
  const double before = seconds_now();
  const auto microseconds =
      connection.run("ask for the time", "select (extract(epoch from clock_timestamp()) * 1000000)::bigint", {})
          .integer(0, 0);
  const double theirs = static_cast<double>(microseconds) / 1e6;
  const double after = seconds_now();
  const double skew = theirs - (before + after) / 2;
  const double certain = std::max(std::abs(skew) - (after - before) / 2, 0.0);
  notes.count("clock ahead by ms", std::llround(skew * 1000));
  notes.add(findings_of_skew(certain));
}

void look_at_session(storage::PostgresConnection& connection, Notes& notes) {
  const storage::Rows rows = connection.run(
      "look at the server",
      "select current_setting('server_version'), current_setting('server_version_num')::int, current_user,"
      " current_database(), pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',"
      " current_setting('fsync') = 'on', current_setting('full_page_writes') = 'on',"
      " current_setting('synchronous_commit'), current_setting('search_path'),"
      " coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false), inet_server_addr() is null,"
      " current_setting('max_prepared_transactions')::int",
      {});
  notes.fact("server", "Postgres " + rows.string(0, 0));
  notes.fact("database", rows.string(0, 3) + " as role " + rows.string(0, 2));
  notes.fact("synchronous_commit", rows.string(0, 8));
  notes.fact("search_path", rows.string(0, 9));
  notes.flag("tls",
             rows.boolean(0, 10)   ? "yes"
             : rows.boolean(0, 11) ? "no, over a socket of this host"
                                   : "no",
             rows.boolean(0, 10));
  notes.add(findings_of(ServerFacts{.standby = rows.boolean(0, 4),
                                    .read_only = rows.boolean(0, 5),
                                    .fsync = rows.boolean(0, 6),
                                    .full_page_writes = rows.boolean(0, 7),
                                    .synchronous_commit = rows.string(0, 8),
                                    .search_path = rows.string(0, 9)}));
}

void look_at_rights(storage::PostgresConnection& connection, Notes& notes) {
  const storage::Rows rows = connection.run(
      "look at the privileges",
      "select (select coalesce(string_agg(rolname, ', ' order by rolname), '') from pg_roles where rolname in"
      " ('pawl_worker', 'pawl_operator', 'pawl_producer') and pg_has_role(current_user, oid, 'usage')),"
      " (select coalesce(string_agg(c.relname, ', '), '') from pg_class c"
      " where c.relnamespace = to_regnamespace('pawl')"
      " and c.relrowsecurity and row_security_active(c.oid)),"
      " pg_has_role(current_user, (select nspowner from pg_namespace where nspname = 'pawl'), 'usage')",
      {});
  notes.fact("roles", rows.boolean(0, 2)          ? "owner of the schema pawl"
                      : rows.string(0, 0).empty() ? "none"
                                                  : rows.string(0, 0));
  const std::string has = rows.string(0, 0);
  notes.add(findings_of(RoleFacts{.owner = rows.boolean(0, 2),
                                  .is_worker = has.find("pawl_worker") != std::string::npos,
                                  .is_operator = has.find("pawl_operator") != std::string::npos,
                                  .hidden_tables = rows.string(0, 1)}));
}

void look_at_postgres(const DoctorSubject& subject, Examined& examined) {
  Notes notes(examined);
  if (const auto warning = storage::impostor_warning(subject.conninfo))
    notes.note(*warning, "the password, and what is told to people, could be read on the way",
               "set sslmode=verify-full");
  storage::PostgresConnection connection(with_short_answers(subject.conninfo));
  look_at_session(connection, notes);
  look_at_clock(connection, notes);
  look_at_rights(connection, notes);
  try {
    storage::require_migrated(connection, subject.migrations);
    storage::require_workflows(connection, subject.workflows);
    notes.fact("migrations", "all of this build");
  } catch (const engine::RefusedError& error) {
    notes.fact("migrations", "not those of this build");
    notes.problem(error.what(), "a worker of this build does not start", "run `pawl migrate`, or the build that fits");
  }
}

// ---- fleet

void look_at_fleet(const DoctorSubject& subject, Examined& examined) {
  storage::PostgresConnection connection(with_short_answers(subject.conninfo));
  const storage::Fleet fleet = storage::read_fleet(connection);
  Notes notes(examined);
  std::int64_t due = 0, later = 0, leased = 0, failed = 0;
  for (const storage::Backlog& backlog : fleet.backlog) {
    due += backlog.due;
    later += backlog.not_due;
    leased += backlog.leased;
  }
  for (const storage::Failures& failures : fleet.failures) failed += failures.last_day;
  const auto living = std::ranges::count_if(fleet.stores, [&](const auto& store) { return fleet.lives(store); });
  notes.count("living workers", living);
  notes.count("stores ever seen", static_cast<std::int64_t>(fleet.stores.size()));
  notes.count("due runs", due);
  notes.count("later runs", later);
  notes.count("runs with workers", leased);
  notes.count("failed within a day", failed);
  notes.count("failed before", fleet.older_failed);
  const auto oldest = std::ranges::max_element(fleet.backlog, {}, &storage::Backlog::oldest_seconds);
  if (oldest != fleet.backlog.end() && !oldest->oldest_at.empty())
    notes.fact("oldest unfinished event", oldest->oldest_at + ", " + age_text(oldest->oldest_seconds) + " old" +
                                              (fleet.oldest_run.empty() ? "" : ": run " + fleet.oldest_run));
  int shown = 0;
  for (const storage::FleetStore& store : fleet.stores)
    if (fleet.lives(store) || store.state == "silent")
      notes.fact("worker " + std::to_string(++shown), store.state + ", on host " + store.host + " with " + store.path +
                                                          ", pawl " + store.version + ", seen at " +
                                                          store.last_seen_at);
  notes.add(findings_of(fleet, std::nullopt));
}

// ---- checkpoints

void look_at_disk(const std::string& path, Notes& notes) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  notes.size("size", error ? 0 : size);
  const std::uintmax_t wal = std::filesystem::file_size(path + "-wal", error);
  notes.size("wal", error ? 0 : wal);
  DiskFacts disk{.path = path, .wal = error ? 0 : wal};
  const std::filesystem::space_info space =
      std::filesystem::space(std::filesystem::absolute(path).parent_path(), error);
  if (!error) {
    disk.free = space.available;
    notes.size("free disk", space.available);
  }
  notes.add(findings_of(disk));
}

void look_at_pages(const std::string& path, Notes& notes) try {
  const storage::CheckpointReader reader(path, kLookAtPagesFor);
  const std::string answer = reader.query("pragma quick_check(1)").rows.at(0).at(0).value_or("");
  notes.fact("pages", answer == "ok" ? "all in order" : answer);
  if (answer != "ok")
    notes.problem(path + " is damaged: " + answer, "its runs may not go on, or not be read",
                  "stop its worker and restore the file, or start with a new one: its events are delivered again");
} catch (const storage::SqliteTookTooLong&) {
  notes.fact("pages", "not all looked at: too many for a quick look; `pawl sql 'pragma quick_check'` looks at all");
}

void look_at_checkpoints(const DoctorSubject& subject, Examined& examined) {
  Notes notes(examined);
  const std::string& path = subject.checkpoints_path;
  notes.fact("file", path);
  std::error_code hidden;  // from this user: the reader says so
  if (std::filesystem::status(path, hidden).type() == std::filesystem::file_type::not_found) {
    notes.note("there is no checkpoint file " + path, "a worker makes it when it first runs; other hosts need none",
               "set PAWL_CHECKPOINTS if a worker of this host has its file elsewhere");
    return;
  }
  const std::optional<LocalStatus> local = local_status(path);
  notes.count("unfinished runs", local->unfinished);
  notes.count("runs that do not fit the build", local->misfit_count);
  const std::optional<bool> locked = storage::is_locked(path);
  if (locked)
    notes.flag("open in a worker", *locked ? "yes" : "no", *locked);
  else
    notes.fact("open in a worker", "not known: it is a copy, or its worker is in another container");
  if (locked == false && local->unfinished > 0)
    notes.problem("no worker has " + path + " open, which has " + engine::counted(local->unfinished, "unfinished run"),
                  "they move on only with this file, or from the beginning once another worker has taken over",
                  "start the worker of this host");
  look_at_disk(path, notes);
  look_at_pages(path, notes);
  for (Finding& finding : local_findings(local)) examined.findings.push_back(std::move(finding));
}

// ---- mail

void look_at_mail(const DoctorSubject& subject, Examined& examined) {
  Notes notes(examined);
  if (!subject.check_relay) return notes.fact("relay", "not looked at: " + subject.why_no_relay);
  if (const std::string& file = subject.hidden_password_file; !file.empty()) {
    notes.fact("relay", "not looked at: this user may not read " + file);
    return notes.note("the relay was not looked at: this user may not read " + file,
                      "its worker may; what it cannot do "
                      "with the relay, the fleet's findings tell",
                      "ask as root, with a --mail-password-file that it may read");
  }
  const std::string trouble = subject.check_relay();
  notes.fact("relay", trouble.empty() ? "answers and takes the login; nothing was sent" : "cannot be used");
  if (!trouble.empty())
    notes.problem("the relay cannot be used: " + trouble, "mails wait, and no attempt is burned meanwhile",
                  "check PAWL_MAIL and PAWL_MAIL_PASSWORD_FILE; `pawl mail test --to ADDRESS` shows each step");
}

using Look = void (*)(const DoctorSubject&, Examined&);

Examined examined_by(Look look, const std::string& part, const DoctorSubject& subject) {
  Examined examined{part, {}, {}};
  try {
    look(subject, examined);
  } catch (const std::exception& error) {  // the other parts are still worth showing
    Notes(examined).problem(error.what(), "this part could not be looked at to its end",
                            "do what it says, and ask again");
  }
  return examined;
}

}  // namespace

std::vector<Examined> examine(const DoctorSubject& subject) {
  constexpr std::pair<const char*, Look> kParts[] = {{"postgres", look_at_postgres},
                                                     {"fleet", look_at_fleet},
                                                     {"checkpoints", look_at_checkpoints},
                                                     {"mail", look_at_mail}};
  std::vector<std::future<Examined>> looks;
  for (const auto& [part, look] : kParts)
    looks.push_back(std::async(std::launch::async, examined_by, look, std::string(part), std::cref(subject)));
  std::vector<Examined> all;
  for (std::future<Examined>& look : looks) all.push_back(look.get());
  return all;
}

}  // namespace pawl::bin
