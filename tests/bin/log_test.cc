// Log lines: their level, their fields, and what they never contain.
#include "bin/log.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::bin;
using pawl::engine::Notice;
using pawl::engine::NoticeKind;

namespace {

struct Fixture {
  std::ostringstream out;
  std::string logged(const Notice& notice, Log::Options options) {
    Log(out, options).on(notice);
    return out.str();
  }
};

const Notice kAttemptFailed{.kind = NoticeKind::kAttemptFailed,
                            .event_id = "e-1",
                            .workflow = "notify-sync-failure",
                            .step = "send-email",
                            .key = "u-1",
                            .attempt = 3,
                            .subject = {},
                            .detail = "relay said 451"};

}  // namespace

TEST_CASE_METHOD(Fixture, "a JSON log line carries time, level, run, event, step, key, attempt and error") {
  const auto line = nlohmann::json::parse(logged(kAttemptFailed, {.json = true}));
  CHECK(line["level"] == "warn");
  CHECK(line["msg"] == "attempt failed, will be tried again");
  CHECK(line["run"] == "e-1");
  CHECK(line["event"] == "e-1");
  CHECK(line["step"] == "send-email");
  CHECK(line["key"] == "u-1");
  CHECK(line["attempt"] == "3");
  CHECK(line["error"] == "relay said 451");
  CHECK(line["time"].get<std::string>().ends_with("Z"));
}

TEST_CASE_METHOD(Fixture, "a text log line is one line whatever the error contains") {
  Notice notice = kAttemptFailed;
  notice.detail = "first\r\nsecond \x1b[2J";
  const std::string text = logged(notice, {});
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("step=send-email") != std::string::npos);
}

TEST_CASE_METHOD(Fixture, "runs that start or end done are debug lines, so a busy worker is quiet") {
  CHECK(logged({.kind = NoticeKind::kRunStarted, .event_id = "e"}, {}).empty());
  CHECK(logged({.kind = NoticeKind::kRunEnded, .event_id = "e", .subject = "done"}, {}).empty());
  CHECK_FALSE(logged({.kind = NoticeKind::kRunEnded, .event_id = "e", .subject = "done"}, {LogLevel::kDebug}).empty());
}

TEST_CASE_METHOD(Fixture, "a failed run is an error line with its reason") {
  const Notice notice{.kind = NoticeKind::kRunEnded, .event_id = "e", .subject = "failed", .detail = "no org_id"};
  const auto line = nlohmann::json::parse(logged(notice, {.level = LogLevel::kError, .json = true}));
  CHECK(line["msg"] == "run failed");
  CHECK(line["error"] == "no org_id");
}

TEST_CASE_METHOD(Fixture, "a password in an error is redacted before it reaches the log") {
  const Notice notice{.kind = NoticeKind::kOutboxDown, .detail = "cannot reach postgresql://pawl:canary@db/app"};
  CHECK(logged(notice, {}).find("canary") == std::string::npos);
  CHECK(logged(notice, {.json = true}).find("canary") == std::string::npos);
}
