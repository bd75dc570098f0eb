// The whole job in a test: a database with an organisation, a real SMTP server, and the real binary.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/bin/worker/worker_process.h"
#include "tests/storage/postgres_fixture.h"
#include "tests/workflows/mail/smtp_server.h"

namespace pawl::bin {

/// Run it under pg_virtualenv. Each verb has a login of the documented role that does its task (worker_process.h).
struct Job {
  explicit Job(const std::vector<std::string>& smtp_options = {}) : smtp(smtp_options) {
    for (const char* role : {"pawl_operator", "pawl_producer"}) {
      database.login(role);
      database.exec("insert into pawl.producers select $1, type from pawl.workflows", {role});
    }
  }

  Environment environment(Environment more = {}) const {
    Environment all{{"PAWL_POSTGRES", worker_login},
                    {"PAWL_CHECKPOINTS", checkpoints()},
                    {"PAWL_MAIL", smtp.url()},
                    {"PAWL_MAIL_FROM", "alerts@example.test"},
                    {"PAWL_APP_URL", "https://app.test"},
                    {"PAWL_LOG_LEVEL", "warn"},
                    {"PAWL_DOORBELL", "listen"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  std::string checkpoints() const { return folder.path() + "/checkpoints.db"; }
  Completed work(Environment more = {}) const { return run_pawl({"worker", "--until-idle"}, environment(more)); }
  Completed pawl(const std::vector<std::string>& arguments) const { return run_pawl(arguments, environment()); }

  /// Ends the lease of a dead worker now, as Postgres' clock would in a while.
  void expire_leases() { database.exec("update pawl.workers set expires_at = now() - interval '1 s'"); }
  void lose_store() const {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) std::filesystem::remove(checkpoints() + suffix);
  }

  std::string count(const std::string& from) { return database.value("select count(*) from " + from); }
  std::string event_status() { return database.value("select string_agg(distinct status, ' ') from pawl.v1_events"); }
  std::string event_reason() { return database.value("select string_agg(reason, ' ') from pawl.v1_events"); }
  std::size_t mails_to(const std::string& part) const {
    std::size_t found = 0;
    for (const auto& mail : smtp.received()) found += mail["to"].get<std::string>().find(part) != std::string::npos;
    return found;
  }

  tests::PostgresFixture database;
  const std::string worker_login = database.login("pawl_worker");
  tests::Organisation organisation{database};
  mail::SmtpServer smtp;
  tests::TemporaryDirectory folder;
};

}  // namespace pawl::bin
