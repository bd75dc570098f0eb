// Log lines: their level, their fields, and what they never contain.
#include "bin/worker/log.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pawl::bin;
using pawl::engine::Notice;
using pawl::engine::NoticeKind;

namespace {

struct LogFixture {
  std::ostringstream out;
  std::string logged(const Notice& notice, Log::Options options) {
    Log(out, options).on(notice);
    return out.str();
  }
};

Notice notice_of(NoticeKind kind, std::string_view subject = {}, std::string_view detail = {}) {
  return {kind, "e-1", "notify-sync-failure", {}, {}, 0, subject, detail};
}

const Notice kAttemptFailed{NoticeKind::kAttemptFailed, "r-1", "notify-sync-failure", "send-email", "u-1", 3, {},
                            "relay said 451",           "e-1"};

}  // namespace

TEST_CASE_METHOD(LogFixture, "a JSON log line carries time, level, run, event, step, key, attempt and error") {
  const auto line = nlohmann::json::parse(logged(kAttemptFailed, {.json = true}));
  CHECK(line["level"] == "warn");
  CHECK(line["msg"] == "attempt failed, will be tried again");
  CHECK(line["run"] == "r-1");
  CHECK(line["event"] == "e-1");
  CHECK(line["step"] == "send-email");
  CHECK(line["key"] == "u-1");
  CHECK(line["attempt"] == "3");
  CHECK(line["error"] == "relay said 451");
  CHECK(line["time"].get<std::string>().ends_with("Z"));
}

TEST_CASE_METHOD(LogFixture,
                 "a run that is not this worker's any more says who may have it, another database included") {
  const auto line = nlohmann::json::parse(logged(notice_of(NoticeKind::kRunEnded, "superseded"), {.json = true}));
  CHECK(line["level"] == "warn");
  const std::string said = line["msg"];
  CHECK_THAT(said, Catch::Contains("Another worker has it or ended it") &&
                       Catch::Contains("checkpoints were written beside another database"));
}

TEST_CASE_METHOD(LogFixture, "a log line of a run names the trace in which its event was emitted, where there is one") {
  Notice notice = kAttemptFailed;
  notice.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  const auto line = nlohmann::json::parse(logged(notice, {.json = true}));
  CHECK(line["trace_id"] == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(line["span_id"] == "00f067aa0ba902b7");
  for (const char* none : {"", "nonsense", "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01x"}) {
    CAPTURE(none);
    notice.traceparent = none;
    out.str("");
    CHECK_FALSE(nlohmann::json::parse(logged(notice, {.json = true})).contains("trace_id"));
  }
}

TEST_CASE_METHOD(LogFixture, "a text log line is one line whatever the error contains") {
  Notice notice = kAttemptFailed;
  notice.detail = "first\r\nsecond \x1b[2J";
  const std::string text = logged(notice, {});
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find("step=send-email") != std::string::npos);
}

TEST_CASE_METHOD(LogFixture, "runs that start or end done are debug lines, so a busy worker is quiet") {
  CHECK(logged(notice_of(NoticeKind::kRunStarted), {}).empty());
  CHECK(logged(notice_of(NoticeKind::kRunEnded, "done"), {}).empty());
  CHECK_FALSE(logged(notice_of(NoticeKind::kRunEnded, "done"), {LogLevel::kDebug}).empty());
}

TEST_CASE_METHOD(LogFixture, "a run that ends done and leaves somebody out is a warning with its note") {
  const Notice notice = notice_of(NoticeKind::kRunEnded, "done", "nobody told: the organisation has no owner or admin");
  const auto line = nlohmann::json::parse(logged(notice, {.level = LogLevel::kWarn, .json = true}));
  CHECK(line["level"] == "warn");
  CHECK(line["msg"] == "run done, with something left out");
  CHECK(line["note"] == "nobody told: the organisation has no owner or admin");
}

TEST_CASE_METHOD(LogFixture, "a failed run is an error line with its reason") {
  const Notice notice = notice_of(NoticeKind::kRunEnded, "failed", "no org_id");
  const auto line = nlohmann::json::parse(logged(notice, {.level = LogLevel::kError, .json = true}));
  CHECK(line["msg"] == "run failed");
  CHECK(line["error"] == "no org_id");
}

TEST_CASE_METHOD(LogFixture, "a password in an error is redacted before it reaches the log") {
  const Notice notice = notice_of(NoticeKind::kOutboxDown, {}, "cannot reach postgresql://pawl:canary@db/app");
  CHECK(logged(notice, {}).find("canary") == std::string::npos);
  CHECK(logged(notice, {.json = true}).find("canary") == std::string::npos);
}

TEST_CASE_METHOD(LogFixture, "a log line never holds our own secrets, in whatever form an error quotes them") {
  const auto secrets = std::make_shared<pawl::redaction::OwnSecrets>();
  secrets->add("c4nary pass");
  const std::string error = "535 AHBhd2wAYzRuYXJ5IHBhc3M= password=c4nary pass c4nary%20pass refused";
  for (const bool json : {false, true})
    CHECK_THAT(logged(notice_of(NoticeKind::kStepFailed, {}, error), {.json = json, .secrets = secrets}),
               Catch::Contains("535 ***= password=*** refused"));
}
