// Asks Postgres, the SMTP server and the checkpoint file.
#include "tests/faults/postgres/fault_job.h"

#include <poll.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <map>

#include "engine/authoring/errors.h"

namespace pawl::tests {

namespace {

constexpr int kPaceMilliseconds = 5;

std::string message_id(const nlohmann::json& mail) {
  for (const auto& header : mail["headers"])
    if (header[0] == "Message-ID") return header[1];
  return "a mail without Message-ID";
}

}  // namespace

bin::Environment FaultJob::through(const std::string& conninfo, bin::Environment more) {
  more["PAWL_POSTGRES"] = conninfo;
  return more;
}

int FaultJob::terminate_sessions(const std::string& condition) {
  return std::stoi(
      database.value("select count(pg_terminate_backend(pid)) from pg_stat_activity"
                     " where datname = current_database() and pid <> pg_backend_pid() and " +
                     condition));
}

std::string FaultJob::ask(const std::string& sql) {
  try {
    return database.value(sql);
  } catch (const engine::UnavailableError&) {
    return {};
  }
}

int FaultJob::finished_count() {
  const std::string count = finished();
  return count.empty() ? -1 : std::stoi(count);
}

bool FaultJob::eventually_finished(int at_least) {
  return bin::eventually([&] { return finished_count() >= at_least; });
}

bool FaultJob::no_attempt_burnt() const {
  const bin::Completed asked = pawl({"sql", "select count(*) from v1_attempts", "-o", "ids"});
  INFO(asked.out << asked.err);
  return asked.out == "0\n";
}

void FaultJob::check_everyone_notified() {
  REQUIRE(bin::eventually([&] {
    return ask("select count(*) from pawl.outbox") == "0" &&
           ask("select count(*) = (select count(*) from pms_sync_logs) from pawl.outbox_archive") == "t";
  }));
  const std::string people = std::to_string(2 * finished_count());
  CHECK(event_status() == "done");
  CHECK(count("notifications") == people);
  CHECK(count("(select event_id, user_id from notifications group by 1, 2 having count(*) > 1) as twice") == "0");
  CHECK(count("pawl.v1_emails where state = 'accepted'") == people);
  std::map<std::string, int> in_doubt;
  for (const auto& row : database.exec("select message_id, in_doubt_count from pawl.v1_emails"))
    in_doubt[row[0]] = std::stoi(row[1]);
  std::map<std::string, std::vector<std::string>> copies;
  for (const auto& mail : smtp.received()) copies[message_id(mail)].push_back(mail["raw"].get<std::string>());
  CHECK(std::to_string(copies.size()) == people);
  for (const auto& [id, raw] : copies) {
    CHECK(static_cast<int>(raw.size()) - 1 <= in_doubt[id]);
    for (const std::string& copy : raw) CHECK(copy == raw.front());
  }
}

// A commit without an answer may or may not have happened, and is not repeated: the sync log is the application's
// truth.
void Producer::produce() {
  storage::PostgresConnection connection(tests::own_session(job_.database.conninfo));
  const std::string sql =
      "insert into public.pms_sync_logs (connection_id, status, error_message)"
      " values ($1::uuid, 'error', 'token revoked')";
  while (!finishing_ || acknowledged_ < at_least_) {
    try {
      connection.run_once("produce", sql, {job_.organisation.connection});
      ++acknowledged_;
    } catch (const engine::UnavailableError&) {
      poll(nullptr, 0, kPaceMilliseconds);
    }
    poll(nullptr, 0, kPaceMilliseconds);
  }
}

void check_drains(bin::PawlProcess& worker) {
  worker.signal(SIGTERM);
  const int code = worker.wait();
  INFO(worker.err());
  CHECK(code == 0);
}

}  // namespace pawl::tests
