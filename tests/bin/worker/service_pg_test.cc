// A worker as a service: what it tells its manager, what SIGHUP does, and how its sessions are called.
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "tests/bin/worker/job.h"
#include "tests/bin/worker/notify_socket.h"

using namespace pawl::bin;

namespace {

struct ServiceFixture {
  Job job;
  NotifySocket manager;

  Environment service(Environment more = {}) const {
    more["NOTIFY_SOCKET"] = manager.name();
    more["PAWL_LOG_LEVEL"] = "info";
    return job.environment(more);
  }
  /// Whether the manager hears a message that begins so, after others.
  bool hears(const std::string& beginning) {
    return eventually([&] { return manager.next().starts_with(beginning); });
  }
  std::string log() const {
    std::ifstream file(log_path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool logs(const std::string& text) const {
    return eventually([&] { return log().find(text) != std::string::npos; });
  }

  const std::string log_path = job.folder.path() + "/pawl.log";
};

}  // namespace

TEST_CASE_METHOD(ServiceFixture, "a worker tells its service manager that it is ready, alive and stopping") {
  PawlProcess worker({"worker"}, service({{"WATCHDOG_USEC", "4"}}));
  CHECK(hears("READY=1"));
  CHECK(job.count("pawl.v1_workers") == "1");
  CHECK(hears("WATCHDOG=1"));
  CHECK(hears("WATCHDOG=1"));
  worker.signal(SIGTERM);
  CHECK(hears("STOPPING=1"));
  CHECK(worker.wait() == 0);
}

TEST_CASE_METHOD(ServiceFixture,
                 "a worker that cannot register says why to its service manager, and not that it is ready") {
  const std::string name = job.database.value("select current_database()");
  PawlProcess worker({"worker"}, service({{"PAWL_POSTGRES", "host=/nonexistent dbname=" + name}}));
  std::string heard;
  CHECK(eventually([&] { return !(heard = manager.next()).empty(); }));
  CHECK_THAT(heard, Catch::StartsWith("STATUS=cannot register yet, trying again: ") && Catch::Contains("/nonexistent"));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE_METHOD(ServiceFixture, "a worker ends after its drain timeout though nothing can interrupt a call of it") {
  PawlProcess worker({"worker", "--drain-timeout", "0s", "--postgres-timeout", "0s", "--log-file", log_path},
                     service());
  REQUIRE(logs("worker registered"));
  pawl::storage::PostgresConnection other(pawl::tests::holding_session(job.database.conninfo));
  other.transact("hold a lock", [&](pawl::storage::Transaction& transaction) {
    transaction.run("lock table public.notifications in share row exclusive mode");
    job.organisation.fail_sync();
    CHECK(eventually([&] {
      return job.count("pg_locks where relation = 'public.notifications'::regclass and not granted") == "1";
    }));
    worker.signal(SIGTERM);
    CHECK(worker.wait() == 1);
    CHECK_THAT(log(), Catch::Contains("a call hangs: ending at once"));
  });
}

TEST_CASE_METHOD(ServiceFixture, "whoever connects to a Postgres on another host that is not verified is warned") {
  const Environment elsewhere =
      service({{"PAWL_POSTGRES", "host=0x7f.1 port=1 sslmode=prefer"}, {"PAWL_CONNECT_TIMEOUT", "0s"}});
  for (const Environment::mapped_type verb : {"worker", "migrate", "doctor"}) {
    const Completed done = verb == "worker" ? run_pawl({verb, "--until-idle"}, elsewhere) : run_pawl({verb}, elsewhere);
    INFO(verb << "\n" << done.out << done.err);
    CHECK(done.code != 0);
    CHECK_THAT(done.out + done.err, Catch::Contains("Postgres on 0x7f.1 is not verified (sslmode=prefer)"));
  }
}

TEST_CASE_METHOD(ServiceFixture, "SIGHUP opens the log file anew, and the worker goes on") {
  PawlProcess worker({"worker", "--log-file", log_path}, service());
  REQUIRE(logs("worker registered"));
  std::filesystem::rename(log_path, log_path + ".1");
  worker.signal(SIGHUP);
  CHECK(logs("reloaded"));
  worker.signal(SIGHUP);
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  CHECK_THAT(log(), Catch::Contains("drained") && !Catch::Contains("worker registered"));
  CHECK(worker.err().empty());
}

TEST_CASE_METHOD(ServiceFixture,
                 "SIGHUP reads libpq's password file anew: what it holds now is masked wherever it is quoted") {
  const std::string file = job.folder.path() + "/passwords", secret = "correct-horse-battery";
  const auto holds = [&](const std::string& password) {
    std::ofstream(file) << "*:*:*:*:" << password << '\n';
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  };
  holds("the-one-before");
  PawlProcess worker({"worker", "--log-file", log_path},
                     service({{"PAWL_POSTGRES", job.worker_login + " passfile=" + file}}));
  REQUIRE(logs("worker registered"));
  job.smtp.tell("rcpt=550 5.1.1 " + secret + " is nobody here");
  job.organisation.fail_sync();
  REQUIRE(eventually([&] { return job.count("pawl.outbox_archive") == "1"; }));
  CHECK(logs(secret));  // a word like any other: no file has it yet

  holds(secret);
  worker.signal(SIGHUP);
  REQUIRE(logs("reloaded"));
  const std::size_t before = log().size();
  job.organisation.fail_sync();
  REQUIRE(eventually([&] { return job.count("pawl.outbox_archive") == "2"; }));
  const std::string id = job.database.value("select max(id::text) from pawl.outbox_archive");
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
  const std::vector<std::string> left{
      log().substr(before),
      job.database.value("select string_agg(reply, ' ') from pawl.email_deliveries where event_id = $1::uuid", {id}),
      job.database.value("select reason from pawl.outbox_archive where id = $1::uuid", {id}),
      run_pawl({"sql", "select error from v1_attempts where run_id = '" + id + "'"}, service()).out};
  for (const std::string& text : left) {
    INFO(text);
    CHECK_THAT(text, Catch::Contains("is nobody here") && Catch::Contains("***") && !Catch::Contains(secret));
  }
}

TEST_CASE_METHOD(ServiceFixture, "a worker whose terminal ends drains; SIGHUP alone does not end it") {
  int terminal = -1;
  const pid_t worker = forkpty(&terminal, nullptr, nullptr, nullptr);
  REQUIRE(worker >= 0);
  if (worker == 0) {
    for (const auto& [name, value] : service({{"PAWL_LOG_FILE", log_path}})) setenv(name.c_str(), value.c_str(), 1);
    execl(PAWL_BINARY, "pawl", "worker", nullptr);
    _exit(127);
  }
  CHECK(logs("worker registered"));
  kill(worker, SIGHUP);
  CHECK(logs("reloaded"));
  CHECK(waitpid(worker, nullptr, WNOHANG) == 0);
  close(terminal);  // the kernel sends the SIGHUP now
  CHECK(logs("drained"));
  int status = -1;
  waitpid(worker, &status, 0);
  CHECK(status == 0);
}

TEST_CASE_METHOD(ServiceFixture, "SIGHUP with a log file that cannot be opened is logged where lines went before") {
  const std::string folder = job.folder.path() + "/logs";
  std::filesystem::create_directory(folder);
  PawlProcess worker({"worker", "--log-file", folder + "/pawl.log"}, service());
  CHECK(hears("READY=1"));
  std::filesystem::rename(folder, folder + ".moved");
  std::filesystem::create_symlink(folder + ".moved/pawl.log", log_path);
  worker.signal(SIGHUP);
  CHECK(logs("not reloaded"));
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

TEST_CASE_METHOD(ServiceFixture,
                 "sessions in Postgres carry the verb's name, unless the connection string gives another") {
  const auto sessions = [&] {
    return job.database.value(
        "select string_agg(distinct application_name, ',') from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()");
  };
  {
    PawlProcess worker({"worker"}, service());
    CHECK(hears("READY=1"));
    CHECK(sessions() == "pawl worker");
  }
  CHECK(eventually([&] { return sessions().empty(); }));
  PawlProcess worker({"worker"}, service({{"PAWL_POSTGRES", job.database.conninfo + " application_name=billing"}}));
  CHECK(hears("READY=1"));
  CHECK(sessions() == "billing");
}
