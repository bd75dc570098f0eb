// The rules of retry and of a run's next move.
#include "engine/runs/decider.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/runs/run_state.h"

namespace pawl::engine {

namespace {

const std::string kNoCode;
const std::string kUnsettled = "the step returned without settling the item: a bug in its execute";

Duration jittered(const RetryPolicy& policy, double wait, double jitter) {
  return Duration(static_cast<Duration::rep>(policy.full_jitter ? wait * jitter : wait * (0.5 + jitter / 2)));
}

Duration backoff(const RetryPolicy& policy, int attempt, double jitter) {
  const double doubled = static_cast<double>(policy.first.count()) * std::pow(2.0, std::min(attempt - 1, 60));
  const double capped = std::min(doubled, static_cast<double>(policy.longest.count()));
  return jittered(policy, capped, jitter);
}

std::string short_code(std::string code) {
  code.resize(std::min(code.size(), kFailureCodeMax));
  return code;
}

Verdict fail(std::string reason, FailureClass failure, const std::string& code) {
  return {Verdict::Kind::kFail, std::move(reason), {}, failure, short_code(code)};
}

// Of an attempt that failed for now.
struct Trouble {
  const std::string& reason;
  const std::string& code;
  Duration after{0};
};

Verdict give_up(const Trouble& trouble, const std::string& why, FailureClass failure) {
  return fail(trouble.reason + " (gave up " + why + ")", failure, trouble.code);
}

Verdict retry_in(const Trouble& trouble, Duration wait, const AttemptFacts& facts) {
  return {Verdict::Kind::kRetry, trouble.reason, facts.now + wait, FailureClass::kNone, short_code(trouble.code)};
}

std::string too_large(std::size_t bytes) {
  return "its output of " + std::to_string(bytes) + " bytes is more than the " + std::to_string(kOutputMax) +
         " that a checkpoint holds; let the step keep it elsewhere and return where";
}

bool too_old(const RetryPolicy& policy, Duration age) {
  return policy.give_up_after.count() > 0 && age > policy.give_up_after;
}

std::string after_minutes(const RetryPolicy& policy) {
  return "after " + std::to_string(std::chrono::duration_cast<std::chrono::minutes>(policy.give_up_after).count()) +
         " minutes";
}

Verdict retry_or_give_up(const Trouble& trouble, const RetryPolicy& policy, const AttemptFacts& facts) {
  const int charged = facts.attempt - facts.uncharged;
  if (policy.max_attempts > 0 && charged >= policy.max_attempts)
    return give_up(trouble, "after attempt " + std::to_string(facts.attempt), FailureClass::kAttempts);
  const Duration wait = std::max(trouble.after, backoff(policy, charged, facts.jitter));
  if (too_old(policy, facts.age + wait)) return give_up(trouble, after_minutes(policy), FailureClass::kAge);
  return retry_in(trouble, wait, facts);
}

// It backs off by its age, and its age ends it, however often it was refused: no attempt is charged. Where age does not
// end it, attempts do.
Verdict back_off_refused(const Refused& refusal, const RetryPolicy& policy, const AttemptFacts& facts) {
  const Trouble trouble{refusal.reason, refusal.code};
  if (policy.give_up_after.count() == 0) return retry_or_give_up(trouble, policy, facts);
  const Duration longest = std::max(policy.longest, policy.first);
  const auto by_age = static_cast<double>(std::clamp(facts.age, policy.first, longest).count());
  const Duration wait = jittered(policy, by_age, facts.jitter);
  if (too_old(policy, facts.age + wait)) return give_up(trouble, after_minutes(policy), FailureClass::kAge);
  Verdict retry = retry_in(trouble, wait, facts);
  retry.charged = false;
  return retry;
}

}  // namespace

Verdict judge(Outcome outcome, const RetryPolicy& policy, const AttemptFacts& facts) {
  using Kind = Verdict::Kind;
  if (auto* done = std::get_if<Succeeded>(&outcome)) {
    if (done->json.size() > kOutputMax) return fail(too_large(done->json.size()), FailureClass::kPermanent, {});
    return {Kind::kSucceed, std::move(done->json), {}};
  }
  if (auto* failed = std::get_if<FailedForGood>(&outcome))
    return fail(std::move(failed->reason), FailureClass::kPermanent, failed->code);
  if (auto* down = std::get_if<ServiceDown>(&outcome)) return {Kind::kHold, std::move(down->reason), {}};
  if (const auto* failed = std::get_if<FailedForNow>(&outcome))
    return retry_or_give_up({failed->reason, failed->code, failed->after}, policy, facts);
  if (auto* refused = std::get_if<Refused>(&outcome)) {
    if (facts.everybody_refused) return {Kind::kHold, std::move(refused->reason), {}};
    return back_off_refused(*refused, policy, facts);
  }
  if (auto* refused = std::get_if<CallRefused>(&outcome)) {
    if (facts.paused) return {Kind::kHold, std::move(refused->reason), {}};
    const bool is_own = refused->one_tenant && refused->items == 1;
    if (!is_own) return {Kind::kTryApart, std::move(refused->reason), {}};
    return retry_or_give_up({refused->reason, kNoCode}, policy, facts);
  }
  return retry_or_give_up({kUnsettled, kNoCode}, policy, facts);
}

NextMove next_move(const RunFacts& facts) {
  if (!facts.returned && facts.can_advance) return NextMove::kAdvance;
  if (facts.moving) return NextMove::kLeave;
  if (facts.waiting) return NextMove::kPark;
  return NextMove::kEnd;
}

}  // namespace pawl::engine
