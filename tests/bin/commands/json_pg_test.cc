// What each verb prints for programs has the form that docs/json.md gives it.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/bin/commands/documented_json.h"
#include "tests/bin/worker/job.h"

using namespace pawl::bin;
using Json = nlohmann::json;
using Command = std::vector<std::string>;

namespace {

const DocumentedJson& documented() {
  static const DocumentedJson page(PAWL_DOCS "/json.md");
  return page;
}
// The forms that some command was held against.
std::set<std::string> held;

/// One run that failed over an address, one that waits for nobody, one mail in doubt.
struct JsonFixture : Job {
  JsonFixture() : Job({"--fail", "rcpt=550 5.1.1 no such user"}) {
    organisation.fail_sync();
    REQUIRE(work().code == 0);
    failed = database.value("select run_id from pawl.v1_events");
    database.exec("update pawl.email_deliveries set state = 'in_doubt', in_doubt_count = 1 where user_id = $1::uuid",
                  {organisation.owner});
    expire_leases();
    organisation.fail_sync();
    pending = database.value("select id from pawl.outbox");
  }
  Json parsed(Command command, const Environment& more = {}, const std::string& input = "{}") const {
    command.insert(command.end(), {"--output", "json"});
    const Completed done = run_pawl(command, environment(more), input);
    INFO(command.front() << "\n" << done.out << done.err);
    Json document = Json::parse(done.out, nullptr, false);
    REQUIRE_FALSE(document.is_discarded());
    return document;
  }
  /// The document, which has to have the form.
  Json document(const std::string& form, const Command& command, const Environment& more = {},
                const std::string& input = "{}") const {
    held.insert(form);
    Json document = parsed(command, more, input);
    CHECK(documented().misfit(form, document) == "");
    return document;
  }
  std::string payload() const {
    return R"({"org_id": ")" + organisation.id + R"(", "connection_id": ")" + organisation.connection + "\"}";
  }

  std::string failed, pending;
};

const Environment kNoPostgres{{"PAWL_POSTGRES", "host=/nonexistent"}, {"PAWL_CONNECT_TIMEOUT", "0s"}};

}  // namespace

TEST_CASE_METHOD(JsonFixture, "JSON: listings have the documented forms, with null where nothing is known") {
  CHECK(document("runs", {"runs"}).size() == 1);
  const Json fleet = document("runs", {"runs", "--fleet"});
  REQUIRE(fleet.size() == 2);
  CHECK(fleet[0].at("run") == pending);
  CHECK(fleet[0].at("ended").is_null());
  CHECK(fleet[0].at("reason").is_null());
  CHECK(fleet[0].at("host").is_null());
  CHECK(fleet[1].at("host").is_string());
  CHECK(document("waiting", {"waiting"}).size() == 1);
  CHECK(document("in-doubt", {"in-doubt"}).size() == 1);
  CHECK_FALSE(document("prune", {"prune", "--dry-run"}).empty());
  CHECK_FALSE(document("migrations", {"migrate", "--status"}).empty());
  const Json row = parsed({"sql", "select 1 as n, 0.5 as half, 'a' as t, null as nil, 9e999 as most"}).at(0);
  CHECK((row.at("n") == 1 && row.at("half") == 0.5 && row.at("t") == "a" && row.at("nil").is_null()));
  CHECK(row.at("most").is_string());  // JSON has no infinity
}

TEST_CASE_METHOD(JsonFixture, "JSON: a run's document has the documented form, from wherever it is") {
  const Json here = document("show", {"show", failed});
  CHECK(here.at("deliveries").size() >= 2);
  CHECK(here.at("timeline").size() >= 3);
  CHECK(document("show", {"show", failed}, kNoPostgres).contains("deliveries_unknown"));
  CHECK_FALSE(document("show-fleet", {"show", pending}).at("waiting").is_null());
  const Environment elsewhere{{"PAWL_CHECKPOINTS", folder.path() + "/another.db"}};
  CHECK(document("show-fleet", {"show", failed}, elsewhere).at("deliveries").size() >= 2);
  CHECK(document("replay", {"replay", failed}).at(0).at("happened").size() >= 2);
  CHECK(document("corpus", {"replay", "--all"}).at("replayed") == 1);
  CHECK(document("export", {"export", "--all", "--to", folder.path() + "/copy.db"}).at("runs") == 1);
}

TEST_CASE_METHOD(JsonFixture, "JSON: a run that backs off has the documented forms, with its times") {
  smtp.tell("clear");
  smtp.tell("rcpt=451 4.3.0 greylisted");
  const PawlProcess worker(
      {"worker"}, environment({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1h,longest=6h,attempts=20"}}));
  REQUIRE(eventually([&] {
    const Json waits = parsed({"waiting", pending});
    return waits.size() == 1 && waits.at(0).at("next_at").is_string();
  }));
  const Json waits = document("waiting", {"waiting", pending}).at(0);
  CHECK(waits.at("attempts").is_number());
  CHECK(waits.at("next_at").is_string());
  CHECK_FALSE(document("show", {"show", pending}).at("waiting").is_null());
  CHECK(document("replay", {"replay", pending}).at(0).at("waiting").size() >= 1);
  CHECK(document("status", {"status"}).at("workers").size() == 1);
}

TEST_CASE_METHOD(JsonFixture,
                 "JSON: what a bulk verb would do, and the batch that it makes, have the documented forms") {
  for (const Command& preview : std::vector<Command>{{"resume", "--failed"},
                                                     {"resume", "--workflow", "nobody's"},
                                                     {"requeue", "--failed"},
                                                     {"cancel", "--since", "1h"},
                                                     {"retry-now", "--since", "1h"}})
    CHECK(document("groups", preview).at("verb") == preview.front());
  CHECK(document("groups", {"runs", "--group"}).at("runs") == 1);
  CHECK(document("made-batch", {"retry-now", "--since", "1h", "--yes"}).at("batch") == 1);
  CHECK(document("batches", {"batch", "list"}).size() == 1);
  CHECK(document("batch", {"batch", "show", "1"}).at("outcomes").size() == 1);
  CHECK(document("batch", {"batch", "watch", "1"}).at("state") == "done");
  database.exec("select pawl.make_batch('resume', '{}', 'alice')");
  database.exec("select pawl.make_batch('cancel', '{}', 'alice')");
  for (const Command& control :
       std::vector<Command>{{"batch", "pause", "2"}, {"batch", "continue", "2"}, {"batch", "abort", "3"}})
    CHECK(documented().misfit("batches", Json::array({parsed(control)})) == "");
}

TEST_CASE_METHOD(JsonFixture, "JSON: what a verb did, and why not, has the documented form") {
  CHECK(document("changes", {"retry-now", pending}).at(0).at("run") == pending);
  CHECK(document("changes", {"cancel", failed, "--note", "x"}).at(0).at("outcome") == "refused");
  CHECK(document("changes", {"dismiss", pending, "--reason", "x"}).at(0).at("outcome") == "refused");
  CHECK(document("rerun", {"rerun", pending, "--reason", "x"}).at(0).at("run").is_null());
  CHECK(document("resolved", {"in-doubt", "resolve", failed, "--sent"}).at(0).at("outcome") == "1 sent");
  CHECK(document("changes", {"cancel", pending}).at(0).at("outcome") == "cancelled");
  smtp.tell("clear");
  REQUIRE(work().code == 0);
  CHECK(document("rerun", {"rerun", failed, "--reason", "x"}).at(0).at("parent") == failed);
  document("emit", {"emit", "pms/connection.sync.failed", "--aggregate-id", "1", "--data", payload(), "--unchecked"});
}

TEST_CASE_METHOD(JsonFixture, "JSON: what is repaired has the documented form") {
  CHECK(document("changes", {"resume", failed}).at(0).at("outcome") == "resumed");
  REQUIRE(work().code == 0);
  const std::string again = database.value("select min(run_id::text) from pawl.v1_events where status = 'failed'");
  const std::string last = database.value("select max(run_id::text) from pawl.v1_events where status = 'failed'");
  REQUIRE(again != last);
  CHECK(document("requeue", {"requeue", again, "--data", "-", "--unchecked"}, {}, payload()).at(0).at("stands_for") ==
        again);
  const Json dismissed = document("changes", {"dismiss", last, "--reason", "x"});
  CHECK(dismissed.at(0).at("outcome") == "dismissed");
  CHECK(dismissed.at(0).at("detail").is_null());
}

TEST_CASE_METHOD(JsonFixture, "JSON: status, doctor and top have the documented forms") {
  CHECK(document("status", {"status"}).at("failures").size() == 1);
  CHECK(document("status", {"status"}, kNoPostgres).contains("fleet_unknown"));
  const Environment no_file{{"PAWL_CHECKPOINTS", folder.path() + "/another.db"}};
  CHECK(document("status", {"status"}, no_file).at("local").is_null());
  document("doctor", {"doctor"});
  document("top", {"top", "--count", "1"});
}

TEST_CASE("JSON: no form is documented that nothing is held against") {
  if (held.size() < 10) return;  // the cases before did not run
  held.insert("local-status");   // within `status`
  for (const auto& [name, form] : documented().forms()) CHECK(held.contains(name));
}
