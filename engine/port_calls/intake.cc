// The claim lane sleeps when there is nothing; the engine never does.
#include "engine/port_calls/intake.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"

namespace pawl::engine {

namespace {

// While suspects move, the next ones are to be claimed soon after: no sleep on the lane, a short pause instead, which
// grows to the length of the sleep, since one of them may take its time.
constexpr Duration kFirstPauseBetweenSuspects = std::chrono::milliseconds{5};

// The sleeps of an idle worker get twice as long each, up to this. A producer rings; only a transaction that began
// while the worker was awake, and commits while it sleeps, waits for the end of a sleep.
// Gain: three quarters of the CPU time of an idle worker and its Postgres.
constexpr Duration kLongestSleep = std::chrono::milliseconds{500};

// How long less room than for a batch may grow. A claim that takes what little there is makes every statement after it
// a small one, which costs as much as a large one.
// Gain: 12 % of all CPU time over SMTP.
constexpr Duration kRoomGrowsFor = std::chrono::milliseconds{250};

// How often the outbox is asked although there is no room.
constexpr Duration kAskWithoutRoomEvery = std::chrono::seconds{1};

template <class Call, class Action>
void guarded(Call& call, Action action) try {
  action();
} catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // reported to the engine, which asks again later
  call.error = error.what();
}

}  // namespace

Intake::Intake(Outbox& outbox, Checkpoints& store, Lanes& lanes, Lane lane, const Clock& clock, Jitter& jitter,
               std::vector<WorkflowName> workflows, std::size_t batch, Deliver deliver)
    : outbox_(outbox),
      store_(store),
      lanes_(lanes),
      lane_(lane),
      clock_(clock),
      workflows_(std::move(workflows)),
      batch_(batch),
      deliver_(std::move(deliver)),
      backoff_(jitter),
      store_backoff_(jitter) {}

void Intake::claim(Outbox& outbox, Claim& claim) {
  guarded(claim, [&] {
    claim.events = outbox.claim(claim.request);
    claim.may_have_missed = outbox.may_have_missed();
    if (claim.events.empty() && claim.idle_wait.count() > 0) outbox.sleep(claim.idle_wait);
  });
}

void Intake::look_up(Checkpoints& store, Claim& claim) try {
  std::vector<std::string> ids;
  ids.reserve(claim.events.size());
  for (const Event& event : claim.events) ids.push_back(event.id);
  claim.known = store.find(ids);
  ids.clear();
  for (const Event& event : claim.events)
    if (!event.lineage->from_step.empty()) ids.push_back(event.lineage->parent);
  if (!ids.empty()) claim.parents = store.find(ids);
  crash_point(CrashPoint::kAfterLookUp);
} catch (const RefusedError& error) {
  claim.error = error.what();
  claim.store_refused = true;
} catch (const std::exception& error) {  // reported to the engine, which asks again later
  claim.error = error.what();
}

void Intake::turn(Timestamp now, const ClaimLimits& limits, Duration idle_wait) {
  if (busy_ || backoff_.waits(now) || store_backoff_.waits(now)) return;
  if (unanswered_) return submit_look_up(std::exchange(unanswered_, nullptr));
  const auto room = static_cast<std::size_t>(limits.max);
  if (!may_claim(room) || now < claim_due(room)) return;
  const auto claim = std::make_shared<Claim>();
  claim->request = {workflows_, limits};
  if (limits.moving.suspects == 0 && room > 0)
    claim->idle_wait = std::clamp(sleep_ * 2, idle_wait, std::max(idle_wait, kLongestSleep));
  claim->longest_pause = idle_wait;
  claim->began = asked_at_ = now;
  busy_ = true;
  coming_ = std::max(coming_, room);
  lanes_.submit(
      lane_.claim, [&outbox = outbox_, claim] { Intake::claim(outbox, *claim); }, [this, claim] { claimed(claim); });
}

Timestamp Intake::claim_due(std::size_t room) const {
  if (room == 0) return std::max(claim_at_, asked_at_ + kAskWithoutRoomEvery);
  return room < batch_ ? std::max(claim_at_, delivered_at_ + kRoomGrowsFor) : claim_at_;
}

std::optional<Timestamp> Intake::due_at(Timestamp now, std::size_t room) const {
  if (busy_ || (!unanswered_ && !may_claim(room))) return std::nullopt;
  Timestamp due = unanswered_ ? now : claim_due(room);
  for (const Backoff* backoff : {&backoff_, &store_backoff_})
    if (backoff->down()) due = std::max(due, backoff->retry_at());
  return due;
}

void Intake::claimed(const std::shared_ptr<Claim>& claim) {
  busy_ = false;
  if (claim->error.empty()) coming_ = claim->events.size();
  if (claim->error.empty() && !claim->events.empty()) {
    measures_.duration.add(clock_.now() - claim->began);
    measures_.events.add(static_cast<std::int64_t>(claim->events.size()));
    return submit_look_up(claim);
  }
  found_nothing_ = false;
  if (claim->lost) {
    lost_ = claim->error;
  } else if (!claim->error.empty()) {
    backoff_.failed(claim->error, clock_.now());
  } else {
    backoff_.answered();
    if (claim->request.limits.max == 0) return;
    found_nothing_ = claim->request.limits.moving.count == 0 && !claim->may_have_missed;
    sleep_ = claim->idle_wait;
    if (claim->idle_wait.count() > 0) return;
    pause_ = std::min(std::max(pause_ * 2, kFirstPauseBetweenSuspects), claim->longest_pause);
    claim_at_ = clock_.now() + pause_;
  }
}

void Intake::submit_look_up(const std::shared_ptr<Claim>& claim) {
  busy_ = true;
  lanes_.submit(
      lane_.checkpoint, [&store = store_, claim] { look_up(store, *claim); }, [this, claim] { looked_up(claim); });
}

void Intake::looked_up(const std::shared_ptr<Claim>& claim) {
  busy_ = false;
  found_nothing_ = false;
  if (!claim->error.empty()) {  // without an answer an event could run twice: ask again
    if (claim->store_refused) store_refusal_ = claim->error;
    store_backoff_.failed(claim->error, clock_.now());
    claim->error.clear();
    unanswered_ = claim;
    return;
  }
  backoff_.answered();
  store_backoff_.answered();
  coming_ = 0;
  pause_ = sleep_ = Duration{0};
  delivered_at_ = clock_.now();
  std::unordered_map<std::string, StoredRun*> by_id;
  for (StoredRun& run : claim->known) by_id.emplace(run.event.id, &run);
  std::vector<Arrival> arrivals;
  arrivals.reserve(claim->events.size());
  for (Event& event : claim->events) {
    if (releasing_) {
      unstarted_.push_back(event.position);
      continue;
    }
    Arrival arrival{std::move(event), {}};
    if (const auto found = by_id.find(arrival.event.id); found != by_id.end())
      arrival.known.push_back(std::move(*found->second));
    for (const StoredRun& run : claim->parents)
      if (const auto& made = arrival.event.lineage; !made->from_step.empty() && run.event.id == made->parent)
        arrival.parent = {run};
    arrivals.push_back(std::move(arrival));
  }
  deliver_(std::move(arrivals));
}

void Intake::release() {
  releasing_ = true;
  if (busy_ || released_) return;
  if (const auto claim = std::exchange(unanswered_, nullptr))  // nobody needs the answer any more
    for (const Event& event : claim->events) unstarted_.push_back(event.position);
  busy_ = true;
  const auto call = std::make_shared<Claim>();
  lanes_.submit(
      lane_.claim,
      [&outbox = outbox_, call, positions = unstarted_] { guarded(*call, [&] { outbox.release(positions); }); },
      [this] {
        busy_ = false;
        released_ = true;  // also when it failed: the lease expires by itself, and the events are claimed again
      });
}

}  // namespace pawl::engine
