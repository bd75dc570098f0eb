// What Postgres knows of one run's story: who was notified, what operators asked for, who took it over, what it came
// from.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "storage/postgres/address.h"

namespace pawl::storage {

/// One thing that happened to the run.
struct HistoryEntry {
  std::string at;       ///< RFC 3339, UTC.
  std::string what;     ///< `takeover`, `paused`, or the verb of a command, like `resume`.
  std::string user_id;  ///< Whose mail it is about; empty: nobody's.
  std::string status;   ///< What came of it.
  std::string detail;   ///< The note that was given, or between whom it was.
  std::string by;       ///< Who asked, as he says; with the login where that is another. Empty: nobody.
  std::string step{};   ///< That was paused; empty: it is about none.
};

/// One notification or mail.
struct Delivery {
  std::string channel;  ///< Such as `in-app` or `email`.
  std::string user_id;
  std::string address;  ///< Where it goes; empty: not known.
  std::string state;    ///< In the words of the channel, such as `accepted`.
  std::string detail;   ///< What it says, or what was said of it.
  std::string at;       ///< RFC 3339, UTC.
};

struct Person {
  std::string name;   ///< May be empty.
  std::string email;  ///< May be empty.
};

struct RunHistory {
  std::vector<HistoryEntry> entries;     ///< In the order of time.
  std::vector<Delivery> deliveries;      ///< In the order of time.
  std::map<std::string, Person> people;  ///< By user id: those whom a notifier knows.
  std::string parent;                    ///< The run that this one was made from; empty: none.
  std::vector<std::string> children;     ///< Runs that were made from this one.
};

/// Of a run by its full id, with what was delivered under its keys, by the run that it was made from too; `users` are
/// ids of people who are to be named beside those that were notified. Deliveries and people are what the lines of
/// migrations in pawl.notifiers know; what this database does not have, or keeps from this role, is left out.
RunHistory history_of(const PostgresAddress& address, const std::string& run_id,
                      const std::vector<std::string>& users = {});

/// Which runs notified somebody, with those that were made from them and do their effects under the same keys: by a
/// user's id, or by an address that something of them went to, whichever is not empty; in the last `since_seconds`, or
/// ever for 0. Full ids of runs.
struct NotifiedQuestion {
  std::string user_id;
  std::string email;
  long since_seconds = 0;
};
std::vector<std::string> runs_that_notified(const PostgresAddress& address, const NotifiedQuestion& question);

}  // namespace pawl::storage
