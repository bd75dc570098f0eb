// What is said of calls that fail, come back and fail again.
#include "engine/port_calls/outage_report.h"

#include <catch2/catch.hpp>

#include "tests/engine/world.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

struct Outages {
  /// What is told of what has happened since.
  std::vector<std::string> told(bool lease_holds = true) {
    log.lines.clear();
    report.turn(lease_holds);
    std::vector<std::string> lines;
    for (const std::string& line : log.lines) lines.push_back(line.substr(3));  // behind the three empty fields
    return lines;
  }
  using Lines = std::vector<std::string>;

  Jitter jitter{1};
  Backoff claims{jitter}, ends{jitter}, commits{jitter};
  NoticeLog log;
  OutageReport report{log, {&claims, &ends}, {&commits}};
  const Timestamp now{};
};

}  // namespace

TEST_CASE_METHOD(Outages, "an outage is told once when it begins and once when it is over, whichever calls fail") {
  CHECK(told().empty());
  claims.failed("refused", now);
  CHECK(told() == Lines{"refused"});
  ends.failed("also refused", now);
  claims.failed("refused", now + 1s);
  CHECK(told().empty());
  CHECK(log.counts[NoticeKind::kOutboxDown] == 1);
  claims.answered();
  ends.answered();
  CHECK(told() == Lines{""});
  CHECK(log.counts[NoticeKind::kOutboxUp] == 1);
}

TEST_CASE_METHOD(Outages, "what fails on after the call that was told of has come back is told when it fails anew") {
  claims.failed("refused", now);
  ends.failed("denied", now);
  REQUIRE(told() == Lines{"refused"});
  claims.answered();
  CHECK(told().empty());  // it may be over as well
  ends.failed("denied", now + 1s);
  CHECK(told() == Lines{"denied"});
  CHECK(told().empty());
}

TEST_CASE_METHOD(Outages, "leases that are not renewed in time are an outage too") {
  CHECK(told(false).size() == 1);
  CHECK(report.outbox_error(false).starts_with("renew leases: no answer in time"));
  CHECK(told(true) == Lines{""});
  CHECK(report.outbox_error(true).empty());
}

TEST_CASE_METHOD(Outages, "the store's outages are told apart from the outbox's") {
  commits.failed("disk full", now);
  CHECK(told() == Lines{"disk full"});
  CHECK(report.store_error() == "disk full");
  CHECK(report.outbox_error(true).empty());
  commits.answered();
  told();
  CHECK(log.counts[NoticeKind::kCheckpointsDown] == 1);
  CHECK(log.counts[NoticeKind::kCheckpointsUp] == 1);
}
