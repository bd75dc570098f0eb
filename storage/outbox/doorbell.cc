// How a claim lane with nothing to do sleeps: a flag asks producers to ring, or it polls.
#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "storage/outbox/claims.h"
#include "storage/outbox/survey.h"
#include "storage/postgres/fence.h"

namespace pawl::storage {

namespace {

constexpr std::chrono::milliseconds kBusyPoll{5};
constexpr std::chrono::milliseconds kAfterFalseRing{20};
constexpr std::chrono::milliseconds kIdlePoll{50};

}  // namespace

// Postgres refuses to prepare a transaction that rang, for which two-phase commits of the application would fail. It
// reads that setting when it starts, so each new connection asks.
void OutboxClaims::choose_bell() {
  const bool listened = listens_;
  listens_ = listen_ ? *listen_
                     : connection_
                           .run("ask for prepared transactions",
                                "select current_setting('max_prepared_transactions')::int = 0", {})
                           .boolean(0, 0);
  asked_at_ = connection_.opened();
  if (listens_ == listened) return;
  connection_.listen(listens_ ? "pawl" : "");
  if (asleep_) lower_flag();
}

// Whoever commits an event after this flag is visible rings; whoever committed before is found by looking once more.
// One whose transaction straddles both is found by the caller's next claim, after `at_most`.
void OutboxClaims::sleep(engine::Duration at_most) {
  if (!listen_ && asked_at_ != connection_.opened()) choose_bell();
  at_most = batches_.wait(at_most, BatchSteps::Time::clock::now());
  if (!listens_) {
    std::this_thread::sleep_for(std::min<engine::Duration>(at_most, lately_busy_ ? kBusyPoll : kIdlePoll));
    return;
  }
  if (!asleep_) {
    raise_flag();
    if (something_is_claimable(cursor_.mark())) return;
  }
  // any role that may connect can ring: what rang for nothing is not followed at its pace
  if (rang_in_vain_) std::this_thread::sleep_for(std::min<engine::Duration>(at_most, kAfterFalseRing));
  rang_in_vain_ = connection_.wait_for_ring("wait for the doorbell", at_most);
  if (rang_in_vain_) batches_.look_soon();
}

void OutboxClaims::raise_flag() {
  engine::crash_point(engine::CrashPoint::kBeforeAsleep);
  const Rows rows = connection_.run("fall asleep",
                                    "update pawl.workers set asleep = true where epoch = $1::bigint and"
                                    " set_config('synchronous_commit', 'off', true) is not null",
                                    {epoch()});
  require_lease(rows.affected() > 0, "fall asleep", epoch_);
  engine::crash_point(engine::CrashPoint::kAfterAsleep);
  asleep_ = true;
}

// The events are ours already, so this must not fail the claim: a flag that stays up only makes producers ring.
void OutboxClaims::lower_flag() {
  engine::crash_point(engine::CrashPoint::kBeforeAwake);
  try {
    connection_.run("wake up",
                    "update pawl.workers set asleep = false where epoch = $1::bigint and"
                    " set_config('synchronous_commit', 'off', true) is not null",
                    {epoch()});
    engine::crash_point(engine::CrashPoint::kAfterAwake);
    asleep_ = false;
  } catch (const engine::Error&) {  // the next claim that finds something tries again
  }
}

bool OutboxClaims::something_is_claimable(std::int64_t above) {
  return connection_
      .run("look once more before sleeping",
           "select exists (select from pawl.outbox o where " + kClaimable + " and o.position > $3::bigint), " + kSerial,
           {names_, store_, std::to_string(above)})
      .boolean(0, 0);
}

}  // namespace pawl::storage
