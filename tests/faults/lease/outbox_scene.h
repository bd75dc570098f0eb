// Workers on one outbox, each with a checkpoint file of its own, and what the tests of leases ask about them.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "tests/bin/worker/job.h"

namespace pawl::tests {

/// Run it under pg_virtualenv. Leases are two seconds.
struct OutboxScene : bin::Job {
  using Process = std::unique_ptr<bin::PawlProcess>;
  using bin::Job::Job;

  bin::Environment settings(const std::string& store, bin::Environment more = {}) const {
    bin::Environment all{{"PAWL_LEASE", "2s"}, {"PAWL_CHECKPOINTS", folder.path() + "/" + store + ".db"}};
    for (const auto& [name, value] : more) all[name] = value;
    return environment(all);
  }
  /// A worker on the checkpoint file of that name, registered.
  Process start(const std::string& store, bin::Environment more = {}) {
    auto worker = std::make_unique<bin::PawlProcess>(std::vector<std::string>{"worker"}, settings(store, more));
    bin::eventually([&] { return worker->ended() || !epoch_of(*worker).empty(); });
    if (epoch_of(*worker).empty()) throw std::runtime_error("the worker did not register; it wrote:\n" + worker->err());
    return worker;
  }
  bin::Completed work_as(const std::string& store, bin::Environment more = {}) const {
    return bin::run_pawl({"worker", "--until-idle"}, settings(store, more));
  }

  /// Its present epoch; empty when it has none.
  std::string epoch_of(const bin::PawlProcess& worker) {
    const auto rows =
        database.exec("select max(epoch) from pawl.workers where pid = $1::int", {std::to_string(worker.pid())});
    return rows.at(0).at(0);
  }
  /// The same failed sync `count` times, each in an event of its own.
  void fail_syncs(int count) {
    database.exec(
        "insert into pms_sync_logs (connection_id, status, error_message)"
        " select $1::uuid, 'error', 'failure ' || i from generate_series(1, $2::int) i",
        {organisation.connection, std::to_string(count)});
  }
  /// Runs that wait, as the checkpoint file of that name has them.
  int waiting(const std::string& store) {
    const std::string query = "select count(*) from v1_runs where status = 'waiting'";
    const auto answer = bin::run_pawl({"sql", query, "-o", "ids"}, settings(store));
    return answer.code == 0 ? std::stoi(answer.out) : 0;
  }
  /// Ends a lease now, as Postgres' clock would in a while.
  void expire_lease(const std::string& epoch) {
    database.exec("update pawl.workers set expires_at = clock_timestamp() - interval '1 s' where epoch = $1::bigint",
                  {epoch});
  }
  /// How long the oldest statement has been running that another connection to the database runs now, in seconds.
  double longest_statement() {
    return std::stod(database.value(
        "select coalesce(max(extract(epoch from clock_timestamp() - query_start)), 0) from pg_stat_activity"
        " where datname = current_database() and state = 'active' and pid <> pg_backend_pid()"));
  }
  bool is(const std::string& condition) { return database.value("select " + condition) == "t"; }
  bool eventually_is(const std::string& condition) {
    return bin::eventually([&] { return is(condition); });
  }
  double seconds(const std::string& from, const std::string& to) {
    return std::stod(database.value("select extract(epoch from ($2::timestamptz - $1::timestamptz))", {from, to}));
  }
  std::string now() { return database.value("select clock_timestamp()"); }

  /// I1 to I3 when everything is done: everyone was told once in-app, and each further copy of a mail is in doubt.
  bool everyone_was_notified(int events) {
    const std::string twice = std::to_string(2 * events);
    return is("(select count(*) from pawl.outbox_archive where status = 'done') = " + std::to_string(events)) &&
           count("pawl.outbox") == "0" && count("notifications") == twice &&
           count("pawl.v1_emails where state = 'accepted'") == twice;
  }
  /// Copies of mails beyond the first, and the in-doubt records that explain them.
  bool copies_are_explained() {
    std::map<std::string, int> copies;
    std::map<std::string, std::string> bytes;
    for (const auto& mail : smtp.received()) {
      std::string id;
      for (const auto& header : mail["headers"])
        if (header[0] == "Message-ID") id = header[1];
      const std::string raw = mail["raw"];
      if (++copies[id] > 1 && bytes[id] != raw) return false;
      bytes[id] = raw;
    }
    for (const auto& row : database.exec("select message_id, in_doubt_count from pawl.v1_emails"))
      if (copies[row[0]] - 1 > std::stoi(row[1])) return false;
    return true;
  }
};

}  // namespace pawl::tests
