// SIGKILL of the real worker at every named point, and what holds afterwards.
#include <catch2/catch.hpp>
#include <csignal>
#include <map>

#include "tests/bin/job.h"

using namespace pawl::bin;

namespace {

const std::vector<std::string> kPoints{
    "after-claim",    "after-resolve",        "before-checkpoint",   "after-checkpoint", "after-in-app", "before-mail",
    "after-mail-250", "before-mail-recorded", "after-mail-recorded", "before-archive",   "after-archive"};

std::string message_id(const nlohmann::json& mail) {
  for (const auto& header : mail["headers"])
    if (header[0] == "Message-ID") return header[1];
  return "a mail without Message-ID";
}

// I1 to I3: everyone is told, in-app once, and every further copy of a mail is explained by an in-doubt record.
void check_invariants(Job& job) {
  CHECK(job.event_status() == "done");
  CHECK(job.count("pawl.outbox") == "0");
  CHECK(job.count("notifications") == "2");
  CHECK(job.count("(select event_id, user_id from notifications group by 1, 2 having count(*) > 1) as twice") == "0");
  CHECK(job.count("pawl.v1_emails where state = 'accepted'") == "2");
  std::map<std::string, std::vector<std::string>> copies;
  for (const auto& mail : job.smtp.received()) copies[message_id(mail)].push_back(mail["raw"].get<std::string>());
  CHECK(copies.size() == 2);
  for (const auto& [message_id, raw] : copies) {
    const std::string in_doubt =
        job.database.value("select in_doubt_count from pawl.v1_emails where message_id = $1", {message_id});
    CHECK(static_cast<int>(raw.size()) - 1 <= std::stoi(in_doubt));
    for (const std::string& copy : raw) CHECK(copy == raw.front());
  }
}

}  // namespace

TEST_CASE("P1 P3 P4 P5: killed at every point and restarted on the same store, everyone is told") {
  for (const std::string& point : kPoints) {
    INFO("killed at " << point);
    Job job;
    job.organisation.fail_sync();
    REQUIRE(job.work({{"PAWL_CRASH_AT", point}}).code == -SIGKILL);
    CHECK(job.work().code == 0);
    check_invariants(job);
  }
}

TEST_CASE("P1 P4 P5: killed at every point and the store lost, everyone is told") {
  for (const std::string& point : kPoints) {
    INFO("killed at " << point);
    Job job;
    job.organisation.fail_sync();
    REQUIRE(job.work({{"PAWL_CRASH_AT", point}}).code == -SIGKILL);
    job.lose_store();
    job.expire_leases();
    CHECK(job.work().code == 0);
    check_invariants(job);
  }
}

TEST_CASE("P5: a mail in doubt is held for an operator when the policy says so") {
  Job job;
  job.organisation.fail_sync();
  REQUIRE(job.work({{"PAWL_CRASH_AT", "after-mail-250"}}).code == -SIGKILL);
  const std::size_t sent = job.smtp.received().size();
  CHECK(job.work({{"PAWL_IN_DOUBT", "hold"}}).code == 0);
  CHECK(job.smtp.received().size() == sent);
  CHECK(std::stoi(job.count("pawl.v1_emails where state = 'in_doubt'")) > 0);
  CHECK(job.event_status() == "failed");
}

TEST_CASE("P8: an event that crashes the worker every time is set aside and the queue moves on") {
  Job job;
  job.organisation.fail_sync();
  int crashes = 0;
  while (crashes < 20 && job.work({{"PAWL_CRASH_AT", "after-resolve"}, {"PAWL_DELIVERIES_MAX", "3"}}).code == -SIGKILL)
    ++crashes;
  CHECK(crashes == 3);
  CHECK(job.event_status() == "failed");
  CHECK(job.event_reason().find("set aside") != std::string::npos);
  job.organisation.fail_sync();
  CHECK(job.work().code == 0);
  CHECK(job.count("pawl.v1_events where status = 'done'") == "1");
}
