// A bad payload as an operator meets it: why, corrected, requeued; and what is refused with the verb that would do.
#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;
using nlohmann::json;

namespace {

constexpr const char* kType = "pms/connection.sync.failed";

struct RepairFixture {
  Job job;

  json payload() const {
    return {{"org_id", job.organisation.id},
            {"connection_id", job.organisation.connection},
            {"sync_log_id", "0d0c0000-0000-4000-8000-000000000004"},
            {"provider", "reapit"},
            {"occurred_at", "2026-11-24T03:00:00Z"}};
  }
  /// Who alone may emit a failure that is none of a connection's organisation.
  Environment as_owner() const { return job.environment({{"PAWL_POSTGRES", job.database.conninfo}}); }
  Completed emit(const json& data, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"emit", kType, "--aggregate-id", job.organisation.connection, "--data", data.dump()};
    all.insert(all.end(), more.begin(), more.end());
    if (more.empty()) return job.pawl(all);
    return run_pawl(all, as_owner());
  }
  /// A run that failed for its payload; its id.
  std::string failed() const {
    std::string id = emit({{"org_id", 7}}, {"--unchecked"}).out;
    id.pop_back();
    CHECK(job.work().code == 0);
    return id;
  }
  Completed requeue(const std::string& id, const json& data, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{"requeue", id, "--data", "-"};
    all.insert(all.end(), more.begin(), more.end());
    const bool unchecked = std::ranges::find(more, "--unchecked") != more.end();
    return run_pawl(all, unchecked ? as_owner() : job.environment(), data.dump());
  }
};

}  // namespace

TEST_CASE_METHOD(RepairFixture, "emit says all that is wrong with a payload, and takes it unchecked all the same") {
  json bad = payload();
  bad["org_id"] = 7;
  bad.erase("provider");
  const Completed refused = emit(bad);
  CHECK(refused.code == 4);
  CHECK(refused.err ==
        "pawl: cannot emit pms/connection.sync.failed: its run would fail for the payload, 2 problems:\n"
        "  payload.org_id: expected a UUID string, got number\n"
        "  payload.provider: expected a non-empty string, got nothing\n"
        "--unchecked emits it all the same\n");
  CHECK(job.count("pawl.v1_events") == "0");
  CHECK(emit(bad, {"--unchecked"}).code == 0);
  CHECK(emit(payload()).code == 0);
  CHECK(job.database.value("select string_agg(distinct aggregatetype, ' ') from pawl.outbox") == "pms_connection");
}

TEST_CASE_METHOD(RepairFixture, "a type that nobody handles is refused with the one that was meant") {
  const Completed refused = job.pawl({"emit", "pms/connection.sync.faild", "--aggregate-type", "pms_connection",
                                      "--aggregate-id", "1", "--data", "{}"});
  CHECK(refused.code == 4);
  CHECK_THAT(refused.err, Catch::Contains("did you mean pms/connection.sync.failed?"));
  CHECK(job.count("pawl.outbox") == "0");
}

TEST_CASE_METHOD(RepairFixture, "a failed event with a corrected payload is handled once, with its lineage both ways") {
  const std::string old = failed();
  CHECK(job.event_status() == "failed");
  const Completed done = requeue(old, payload(), {"--reason", "org_id was a number", "-o", "json"});
  CAPTURE(done.err);
  REQUIRE(done.code == 0);
  const json shown = json::parse(done.out).at(0);
  CHECK(shown["stands_for"] == old);
  CHECK(shown["workflow"] == "notify-sync-failure");
  CHECK(job.work().code == 0);
  CHECK(job.database.value("select status from pawl.v1_events where parent = $1::uuid", {old}) == "done");
  CHECK_THAT(
      job.database.value("select reason from pawl.v1_events where run_id = $1::uuid", {old}),
      Catch::StartsWith("requeued as " + shown["event"].get<std::string>()) && Catch::Contains("org_id was a number"));
  CHECK(job.mails_to("owner") == 1);

  const Completed again = requeue(old, payload());
  CHECK(again.code == 4);
  CHECK_THAT(again.err, Catch::Contains("it is dismissed") && Catch::Contains("`pawl show " + old));
  CHECK_THAT(again.err, Catch::Contains("`pawl rerun " + old));
}

TEST_CASE_METHOD(RepairFixture, "a payload that would fail again is refused with all of its problems") {
  const std::string old = failed();
  const Completed refused = requeue(old, {{"org_id", job.organisation.id}});
  CHECK(refused.code == 4);
  CHECK_THAT(refused.err, Catch::Contains("notify-sync-failure would refuse the payload, 4 problems:") &&
                              Catch::Contains("\n  payload.occurred_at: expected an RFC 3339 time, got nothing"));
  CHECK(job.event_status() == "failed");
  CHECK(job.count("pawl.commands") == "0");
  CHECK(requeue(old.substr(20), {{"org_id", 7}}, {"--unchecked"}).code == 0);
}

TEST_CASE_METHOD(RepairFixture, "what is not to be requeued is refused with the verb that does fit") {
  std::string id = emit(payload()).out;
  id.pop_back();
  const Completed unfinished = requeue(id, payload());
  CHECK(unfinished.code == 4);
  CHECK_THAT(unfinished.err, Catch::Contains("`pawl cancel " + id));
  CHECK(job.work().code == 0);
  const Completed finished = requeue(id, payload());
  CHECK(finished.code == 4);
  CHECK_THAT(finished.err, Catch::Contains("it is done") && Catch::Contains("`pawl rerun " + id));
  const Completed unknown = requeue("019abd4c-0e55-7a01-8000-6b1d00000c3a", payload());
  CHECK(unknown.code == 3);

  job.database.exec("update pawl.outbox_archive set status = 'failed', reason = 'of this test'");
  const Completed good = requeue(id, payload());
  CHECK(good.code == 4);
  CHECK_THAT(good.err, Catch::Contains("this is the payload that it has") && Catch::Contains("`pawl resume " + id));
}

TEST_CASE_METHOD(RepairFixture, "a failed event is dismissed with a reason, and what has not failed is not") {
  const std::string old = failed();
  const Completed done = job.pawl({"dismiss", old.substr(24), "--reason", "the connection is gone", "-o", "json"});
  CHECK(done.code == 0);
  CHECK(json::parse(done.out).at(0)["outcome"] == "dismissed");
  CHECK(job.event_status() == "dismissed");
  CHECK_THAT(job.event_reason(), Catch::Contains("the connection is gone; it had failed: payload.connection_id"));
  const Completed again = job.pawl({"dismiss", old, "--reason", "twice"});
  CHECK(again.code == 4);
  CHECK_THAT(again.out, Catch::Contains("not failed: it is dismissed; `pawl show "));
  CHECK(job.pawl({"dismiss", "019abd4c-0e55-7a01-8000-6b1d00000c3a", "--reason", "x"}).code == 3);
  CHECK(job.pawl({"dismiss", old}).code == 2);
}
