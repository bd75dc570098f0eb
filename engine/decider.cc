// The rules of retry and of a run's next move.
#include "engine/decider.h"

#include <algorithm>
#include <cmath>

namespace pawl::engine {

namespace {

Duration backoff(const RetryPolicy& policy, int attempt, double jitter) {
  const double doubled = static_cast<double>(policy.first.count()) * std::pow(2.0, std::min(attempt - 1, 60));
  const double capped = std::min(doubled, static_cast<double>(policy.longest.count()));
  const double scaled = policy.full_jitter ? capped * jitter : capped * (0.5 + jitter / 2);
  return Duration(static_cast<Duration::rep>(scaled));
}

Verdict retry_or_give_up(const FailedForNow& failure, const RetryPolicy& policy, const AttemptFacts& facts) {
  const auto give_up = [&](const std::string& why) {
    return Verdict{Verdict::Kind::kFail, failure.reason + " (gave up " + why + ")", {}};
  };
  if (policy.max_attempts > 0 && facts.attempt >= policy.max_attempts)
    return give_up("after attempt " + std::to_string(facts.attempt));
  const Duration wait = std::max(failure.after, backoff(policy, facts.attempt, facts.jitter));
  if (policy.give_up_after.count() > 0 && facts.age + wait > policy.give_up_after)
    return give_up("after " +
                   std::to_string(std::chrono::duration_cast<std::chrono::minutes>(policy.give_up_after).count()) +
                   " minutes");
  return {Verdict::Kind::kRetry, failure.reason, facts.now + wait};
}

}  // namespace

Verdict judge(const Outcome& outcome, const RetryPolicy& policy, const AttemptFacts& facts) {
  if (const auto* done = std::get_if<Succeeded>(&outcome)) return {Verdict::Kind::kSucceed, done->json, {}};
  if (const auto* failed = std::get_if<FailedForGood>(&outcome)) return {Verdict::Kind::kFail, failed->reason, {}};
  if (const auto* down = std::get_if<ServiceDown>(&outcome)) return {Verdict::Kind::kHold, down->reason, {}};
  if (const auto* failed = std::get_if<FailedForNow>(&outcome)) return retry_or_give_up(*failed, policy, facts);
  return retry_or_give_up({"the step returned without settling the item: a bug in its execute", {}}, policy, facts);
}

NextMove next_move(const RunFacts& facts) {
  if (!facts.returned && facts.can_advance) return NextMove::kAdvance;
  if (facts.moving) return NextMove::kLeave;
  if (facts.waiting) return NextMove::kPark;
  return NextMove::kEnd;
}

}  // namespace pawl::engine
