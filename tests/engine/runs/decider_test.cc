// The rules of retry and of a run's next move, as a catalogue.
#include "engine/runs/decider.h"

#include <catch2/catch.hpp>

#include "engine/runs/run_state.h"

using namespace pawl::engine;
using namespace std::chrono_literals;

namespace {

const Timestamp kDecidedAt = Timestamp(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
const RetryPolicy kPolicy{.first = 1s, .longest = 60s, .max_attempts = 20};

Verdict after(int attempt, double jitter, const RetryPolicy& policy = kPolicy, Duration asked = {}) {
  return judge(FailedForNow{"451 later", asked}, policy, {attempt, 0s, kDecidedAt, jitter});
}

}  // namespace

TEST_CASE("success and permanent failure settle at once") {
  CHECK(judge(Succeeded{"7"}, kPolicy, {}).kind == Verdict::Kind::kSucceed);
  CHECK(judge(Succeeded{"7"}, kPolicy, {}).text == "7");
  CHECK(judge(FailedForGood{"550"}, kPolicy, {}).kind == Verdict::Kind::kFail);
}

TEST_CASE("a failure has a class for programs, and the code that the step gave") {
  const auto failed = [](const Verdict& verdict, FailureClass klass, const std::string& code) {
    return verdict.kind == Verdict::Kind::kFail && verdict.failure == klass && verdict.code == code;
  };
  const RetryPolicy aged{.first = 1s, .longest = 60s, .max_attempts = 0, .give_up_after = 1h};
  const FailedForNow later{"451 4.2.0 later", {}, "4.2.0"};
  CHECK(failed(judge(FailedForGood{"550 5.1.1 no", "5.1.1"}, kPolicy, {}), FailureClass::kPermanent, "5.1.1"));
  CHECK(failed(judge(later, kPolicy, {.attempt = 20}), FailureClass::kAttempts, "4.2.0"));
  CHECK(failed(judge(later, aged, {.age = 1h}), FailureClass::kAge, "4.2.0"));
  CHECK(failed(judge(Refused{"550 no", "a", false, "550"}, aged, {.age = 1h}), FailureClass::kAge, "550"));
  CHECK(judge(later, kPolicy, {}).kind == Verdict::Kind::kRetry);
  CHECK(judge(later, kPolicy, {}).code == "4.2.0");
  CHECK(judge(FailedForGood{"no", std::string(100, 'x')}, kPolicy, {}).code == std::string(kFailureCodeMax, 'x'));
}

TEST_CASE("an output that no checkpoint holds fails for good, with the figure") {
  CHECK(judge(Succeeded{std::string(kOutputMax, 'x')}, kPolicy, {}).kind == Verdict::Kind::kSucceed);
  const Verdict verdict = judge(Succeeded{std::string(kOutputMax + 1, 'x')}, kPolicy, {});
  CHECK(verdict.kind == Verdict::Kind::kFail);
  CHECK(verdict.text.starts_with("its output of 1048577 bytes is more than the 1048576"));
}

TEST_CASE("what is refused while everybody is refused is held, and costs nothing") {
  const Refused refused{"550 5.7.1 no", "a"};
  CHECK(judge(refused, kPolicy, {.paused = true}).kind == Verdict::Kind::kRetry);
  CHECK(judge(refused, kPolicy, {.paused = true, .everybody_refused = true}).kind == Verdict::Kind::kHold);
  CHECK(judge(refused, kPolicy, {.attempt = 99, .everybody_refused = true}).text == "550 5.7.1 no");
}

TEST_CASE("after a call that failed its items are tried apart, until one is alone, whose attempt then failed") {
  CHECK(judge(CallRefused{"timeout", 9, false}, kPolicy, {}).kind == Verdict::Kind::kTryApart);
  CHECK(judge(CallRefused{"timeout", 9, true}, kPolicy, {}).kind == Verdict::Kind::kTryApart);
  CHECK(judge(CallRefused{"timeout", 1, false}, kPolicy, {}).kind == Verdict::Kind::kTryApart);
  CHECK(judge(CallRefused{"timeout", 1, true}, kPolicy, {}).kind == Verdict::Kind::kRetry);
  CHECK(judge(CallRefused{"timeout", 9, false}, kPolicy, {.paused = true}).kind == Verdict::Kind::kHold);
}

TEST_CASE("backoff doubles from the first wait to the longest") {
  const double no_jitter = 1;
  CHECK(after(1, no_jitter).retry_at == kDecidedAt + 1s);
  CHECK(after(2, no_jitter).retry_at == kDecidedAt + 2s);
  CHECK(after(6, no_jitter).retry_at == kDecidedAt + 32s);
  CHECK(after(7, no_jitter).retry_at == kDecidedAt + 60s);
  CHECK(after(19, no_jitter).retry_at == kDecidedAt + 60s);
}

TEST_CASE("jitter keeps at least half of the backoff, full jitter may keep none") {
  CHECK(after(3, 0).retry_at == kDecidedAt + 2s);
  RetryPolicy full = kPolicy;
  full.full_jitter = true;
  CHECK(after(3, 0, full).retry_at == kDecidedAt);
  CHECK(after(3, 0.5, full).retry_at == kDecidedAt + 2s);
}

TEST_CASE("a step that asks for a longer wait gets it") {
  CHECK(after(1, 1, kPolicy, 90s).retry_at == kDecidedAt + 90s);
}

TEST_CASE("the last allowed attempt fails for good and says so") {
  const Verdict verdict = after(20, 0);
  CHECK(verdict.kind == Verdict::Kind::kFail);
  CHECK(verdict.text == "451 later (gave up after attempt 20)");
}

TEST_CASE("an execution that would be too old at its next attempt is given up") {
  RetryPolicy aged{.first = 5s, .longest = 30min, .max_attempts = 0, .give_up_after = 24h};
  AttemptFacts facts{100, 23h, kDecidedAt, 1};
  CHECK(judge(FailedForNow{"451", {}}, aged, facts).kind == Verdict::Kind::kRetry);
  facts.age = 24h;
  CHECK(judge(FailedForNow{"451", {}}, aged, facts).text == "451 (gave up after 1440 minutes)");
}

TEST_CASE("a service that is down holds the execution and burns no attempt") {
  CHECK(judge(ServiceDown{"refused"}, kPolicy, {20, 0s, kDecidedAt, 0}).kind == Verdict::Kind::kHold);
}

TEST_CASE("an item that the step forgot counts as a failed attempt") {
  CHECK(judge(Unsettled{}, kPolicy, {1, 0s, kDecidedAt, 0}).kind == Verdict::Kind::kRetry);
}

TEST_CASE("a run's next move") {
  //    returned, can_advance, moving, waiting
  CHECK(next_move({false, true, false, false}) == NextMove::kAdvance);
  CHECK(next_move({false, true, true, true}) == NextMove::kAdvance);
  CHECK(next_move({false, false, true, true}) == NextMove::kLeave);
  CHECK(next_move({false, false, false, true}) == NextMove::kPark);
  CHECK(next_move({true, false, true, false}) == NextMove::kLeave);  // structured: steps it did not await
  CHECK(next_move({true, false, false, true}) == NextMove::kPark);
  CHECK(next_move({true, false, false, false}) == NextMove::kEnd);
}
