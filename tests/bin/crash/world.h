// A small world in which workers are killed: a database that logs what steps do, a mail server, and stores to restart
// on.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/bin/worker/worker_process.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/workflows/mail/smtp_server.h"

namespace pawl::bin {

/// What is to happen besides the usual.
struct CrashScenario {
  bool fresh = false;  ///< No checkpoint file at the start, so that the first life makes one.
  bool lean = false;   ///< One failed sync and no more.
  bool hold = false;   ///< Mails in doubt are held: no mail may come twice, and some may not come at all.
  bool rare = false;   ///< The first claim loses its connection, and the archive lacks the coming months.
  bool slow = false;   ///< Waits long enough for a renewal, and an event becomes due while the worker falls asleep.
};

/// What the scenarios of a world added up to.
struct CrashToll {
  int scenarios = 0;
  int lives = 0;
  int kills = 0;
  int copies = 0;    ///< Mails beyond the first of their key.
  int in_doubt = 0;  ///< Counted by the ledger.
  CrashToll& operator+=(const CrashToll& other);
};

/// One thread at a time. Scenarios follow each other in one database, each from the same beginning: three failed syncs,
/// one of them leased by a worker that died; an expired worker; a failed run that was resumed, whose mails are out; an
/// old run to prune; and a relay that defers one mail. Each event is of an organisation of its own.
class CrashWorld {
 public:
  CrashWorld();
  ~CrashWorld();

  void begin(CrashScenario scenario);
  /// One more failed sync, one more worker whose lease is over, one more mail to be deferred.
  void more_work();
  /// Runs a worker until it is idle or killed, and remembers what its store then holds.
  int live(const std::string& store, const Environment& more = {});
  /// The same with PAWL_CRASH_AT; whether it was killed there.
  bool killed_at(const std::string& store, const std::string& point);
  /// Lives on the store until no event is left; whether every life ended well.
  bool finish(const std::string& store);
  /// As Postgres' clock would in a while.
  void expire_leases();
  void lose(const std::string& store);

  /// What does not hold of I1 to I4, I6 and P4 at the end of a scenario, a sentence each.
  std::vector<std::string> violations();
  const CrashToll& toll() const { return toll_; }
  tests::PostgresFixture& database() { return database_; }
  std::string path(const std::string& store) const { return folder_.path() + "/" + store + ".db"; }
  Environment environment(const std::string& store) const;

 private:
  using Settled = std::set<std::string>;  ///< "event step key" of each step that has succeeded.

  void prepare();
  void watch_effects();
  void make_history();
  void begin_with_history();
  void make_rare();
  void add_dead_worker(const std::string& slug);
  void fail_sync(const std::string& slug);
  void mark_read();
  Settled settled_in(const std::string& store) const;
  void note_repeated_steps(const std::string& store);
  void check(bool holds, const std::string& sentence);
  void check_outbox();
  void check_notifications();
  void check_mails();
  void check_stores();
  std::string count(const std::string& from) { return database_.value("select count(*) from " + from); }

  tests::TemporaryDirectory folder_;
  tests::PostgresFixture database_;
  std::map<std::string, std::unique_ptr<tests::Organisation>> organisations_;
  mail::SmtpServer smtp_;
  CrashScenario scenario_;
  CrashToll toll_;
  std::map<std::string, Settled> settled_;  ///< Of each store at the end of its latest life.
  std::string effects_seen_;
  std::set<std::string> past_messages_;  ///< Message-IDs of earlier scenarios, whose mails may come late.
  int events_ = 0;
  std::string resumed_;
  std::vector<std::string> violations_;
};

}  // namespace pawl::bin
