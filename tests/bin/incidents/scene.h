// Somebody on call who has the command line alone: what is typed to know why, and to act, is counted.
#pragma once

#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/bin/worker/job.h"

namespace pawl::bin {

using Json = nlohmann::json;
using Command = std::vector<std::string>;

/// One incident, from the first look to the command that ends it: two commands tell why, and one acts. Whoever needs
/// more fails the test.
class Operator {
 public:
  /// `host` is the environment of the host on which the commands are typed.
  explicit Operator(Environment host) : host_(std::move(host)) {}

  Completed ask(const Command& command) {
    CHECK(++asked_ <= 2);
    return run_pawl(command, host_);
  }
  Json ask_json(Command command) {
    command.insert(command.end(), {"-o", "json"});
    const Completed told = ask(command);
    INFO(told.out << told.err);
    return Json::parse(told.out);
  }
  Completed act(const Command& command, const std::string& input = "") {
    CHECK(++acted_ == 1);
    return run_pawl(command, host_, input);
  }

 private:
  Environment host_;
  int asked_ = 0;
  int acted_ = 0;
};

/// Every word is somewhere in what the command printed.
inline void tells(const Completed& told, const std::vector<std::string>& words) {
  const std::string all = told.out + told.err;
  for (const std::string& word : words) CHECK_THAT(all, Catch::Contains(word));
}

/// It ended with the code, and says these words.
inline void ends(const Completed& done, int code, const std::vector<std::string>& words = {}) {
  INFO(done.out << done.err);
  CHECK(done.code == code);
  tells(done, words);
}

/// The job, and what incidents do to it.
struct Scene : Job {
  explicit Scene(const std::vector<std::string>& smtp_options = {}) : Job(smtp_options) {}

  void fail_syncs(int count) {
    database.exec(
        "insert into pms_sync_logs (connection_id, status, error_message)"
        " select $1::uuid, 'error', 'token ' || n || ' revoked' from generate_series(1, $2::int) n",
        {organisation.connection, std::to_string(count)});
  }
  /// A host of its own: another checkpoint file, which may not exist.
  Environment host(const std::string& name, Environment more = {}) const {
    more["PAWL_CHECKPOINTS"] = folder.path() + "/" + name + ".db";
    return environment(std::move(more));
  }
  bool lives() { return count("pawl.v1_stores where state = 'living'") != "0"; }
  bool settled() { return count("pawl.outbox") == "0"; }
  std::string only_run() { return database.value("select run_id from pawl.v1_events"); }
  std::string status_of(const std::string& run) {
    return database.value("select status from pawl.v1_events where run_id = $1::uuid", {run});
  }
  /// Nobody was shown the same twice.
  void check_shown_once() {
    CHECK(count("(select event_id, user_id from notifications group by 1, 2 having count(*) > 1) twice") == "0");
  }
};

/// Ends the worker by its id, as a crash does.
inline void kill_worker(PawlProcess& worker) {
  worker.signal(SIGKILL);
  CHECK(worker.wait() == -SIGKILL);
}

/// Lets the worker come to its end.
inline void stop_worker(PawlProcess& worker) {
  worker.signal(SIGTERM);
  CHECK(worker.wait() == 0);
}

inline std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace pawl::bin
