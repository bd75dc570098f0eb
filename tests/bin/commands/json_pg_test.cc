// What each verb prints for programs: the keys of a document and the types of their values.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;
using Json = nlohmann::json;

namespace {

/// As `key:type`, in the order of keys; of an array that of its first element, in brackets.
std::string shape_of(const Json& value) {
  if (value.is_array()) return value.empty() ? "[]" : "[" + shape_of(value[0]) + "]";
  if (!value.is_object()) return value.is_number() ? "number" : value.type_name();
  std::string shape;
  for (const auto& [key, member] : value.items())
    shape += (shape.empty() ? "" : " ") + key + ":" +
             (member.is_object()  ? "object"
              : member.is_array() ? "array"
                                  : shape_of(member));
  return shape;
}

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
  std::string shape(std::vector<std::string> command) const {
    command.insert(command.end(), {"--output", "json"});
    const Completed done = run_pawl(command, environment(), "{}");
    INFO(done.err);
    const Json document = Json::parse(done.out, nullptr, false);
    CHECK_FALSE(document.is_discarded());
    return shape_of(document);
  }

  std::string failed, pending;
};

}  // namespace

TEST_CASE_METHOD(JsonFixture,
                 "listings are arrays of objects whose numbers are numbers, and whose unknown values are null") {
  const std::string run =
      "about:string ended:string event:string reason:string run:string started:string status:string workflow:string";
  CHECK(shape({"runs"}) == "[" + run + "]");
  CHECK(shape({"runs", "--fleet", "--status", "failed"}) ==
        "[about:string ended:string event:string host:string reason:string run:string started:string status:string "
        "workflow:string]");
  CHECK(shape({"waiting"}) ==
        "[attempts:null attempts_max:null event:string gives_up_at:null host:null key:null next_at:null reason:string "
        "run:string since:string source:string state:string step:null workflow:string]");
  CHECK(shape({"in-doubt"}) ==
        "[count:number email:string message_id:string reply:string run:string since:string state:string user:string]");
  CHECK(shape({"sql", "select count(*) as n, 0.5 as half, 'a' as t, null as nil, 9e999 as most from v1_runs"}) ==
        "[half:number most:string n:number nil:null t:string]");
  CHECK(shape({"prune", "--dry-run"}).starts_with("[bytes:"));
  CHECK(shape({"migrate", "--status"}) != "[]");
}

TEST_CASE_METHOD(JsonFixture,
                 "a run's document has its waiting, its batch, its timeline and its deliveries, from wherever") {
  CHECK(shape({"show", failed}) ==
        "batch:null build:string children:array deliveries:array deliveries_of_event:number event:object parent:null "
        "reason:string resumes:number run:string status:string timeline:array waiting:null workflow:string");
  CHECK(shape({"show", pending}) ==
        "batch:null checkpoints:null deliveries:array deliveries_count:number emitted_at:string event:object "
        "finished_at:null history:array host:null reason:string resumes:number run:string source:string status:string "
        "store:null waiting:object workflow:string");
  CHECK(shape({"replay", failed}) != "[]");
  CHECK(shape({"replay", "--all"}) == "fit:number kinds:array misfits:number more_kinds:number replayed:number");
  CHECK(shape({"export", "--all", "--to", folder.path() + "/copy.db"}) ==
        "bytes:number copy:string redacted:boolean runs:number");
}

TEST_CASE_METHOD(JsonFixture, "what a bulk verb would do, and what a verb did, are objects with the counts") {
  const std::string preview = "groups:array left_out:number runs:number verb:string";
  CHECK(shape({"resume", "--failed"}) == preview);
  CHECK(shape({"runs", "--group"}) == "groups:array left_out:number runs:number");
  CHECK(shape({"requeue", "--failed"}) == preview);
  CHECK(shape({"cancel", "--since", "1h"}) == preview);
  CHECK(shape({"retry-now", pending}) == "[detail:string outcome:string run:string]");
  CHECK(shape({"resume", failed}) == "[detail:string outcome:string run:string]");
  CHECK(shape({"cancel", pending}) == "[detail:string outcome:string run:string]");
  CHECK(shape({"dismiss", pending, "--reason", "x"}) == "[detail:string outcome:string run:string]");
  CHECK(shape({"cancel", failed, "--note", "x"}) == "[detail:string outcome:string run:string]");
  const std::string payload =
      R"({"org_id": ")" + organisation.id + R"(", "connection_id": ")" + organisation.connection + "\"}";
  CHECK(shape({"emit", "pms/connection.sync.failed", "--aggregate-id", "1", "--data", payload, "--unchecked"}) ==
        "event:string");
  CHECK(shape({"retry-now", "--since", "1h", "--yes"}) == "batch:number runs:number worked_on_by:string");
  CHECK(
      shape({"batch", "list"}) ==
      "[batch:number created_at:string filter:object finished_at:string note:null owed:number problem:null rate:number "
      "requested_by:string runs:number state:string through_at:null verb:string]");
}

TEST_CASE_METHOD(JsonFixture, "status, doctor and top say how the whole is as one object") {
  CHECK_THAT(shape({"status"}), Catch::Contains("findings:array") && Catch::Contains("in_doubt:number") &&
                                    Catch::Contains("ok:boolean") && Catch::Contains("workers:array"));
  CHECK(shape({"doctor"}) ==
        "checkpoints:object findings:array fleet:object mail:object ok:boolean postgres:object settings:object");
  CHECK(shape({"top", "--count", "1"}) ==
        "at:string due:number emitted_per_second:null finished_per_second:null in_flight:array later:number "
        "leased:number oldest_seconds:number paused:array stores:number workers:number");
}
