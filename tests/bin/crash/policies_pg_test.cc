// What a killed worker leaves to an operator: mails in doubt that are held, events that are set aside.
#include <catch2/catch.hpp>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

TEST_CASE("P5: a mail in doubt is held for an operator when the policy says so") {
  Job job;
  job.organisation.fail_sync();
  REQUIRE(job.work({{"PAWL_CRASH_AT", "after-mail-250"}}).code == -SIGKILL);
  CHECK(job.work({{"PAWL_IN_DOUBT", "hold"}}).code == 0);
  std::map<std::string, int> mails;  // of the server, which may take in what the killed worker sent after its death
  for (const auto& mail : job.smtp.received()) ++mails[mail["to"].dump()];
  CHECK_FALSE(mails.empty());
  for (const auto& [recipient, copies] : mails) CHECK(copies == 1);
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

TEST_CASE("a crash place that there is not is answered with those that there are, and what has happened at each") {
  const Job job;
  const Completed refused = job.work({{"PAWL_CRASH_AT", "before-lunch"}});
  CHECK(refused.code == 2);
  CHECK_THAT(refused.err, Catch::Contains("before-claim: events are free and about to be leased") &&
                              Catch::Contains("before-mail: mails are cleared and written"));
}
