// Every call may fail before or after it has happened.
#include "tests/simulation/faulty_outbox.h"

#include <algorithm>

#include "engine/authoring/errors.h"

namespace pawl::simulation {

using engine::UnavailableError;

void FaultyOutbox::may_fail_before() {
  if (world_.strike(Fault::kCallUnknownNotDone, process_)) throw UnavailableError("the connection was lost");
}

void FaultyOutbox::may_fail_after() {
  if (world_.strike(Fault::kCallUnknownDone, process_)) throw UnavailableError("the connection was lost in commit");
}

engine::Registered FaultyOutbox::open(const engine::Registration& registration) {
  may_fail_before();
  const engine::Registered registered = inner_.open(registration);
  postgres_.registered(registered.epoch);
  world_.note(process_, "registered", std::to_string(registered.epoch));
  may_fail_after();
  return registered;
}

std::vector<engine::Event> FaultyOutbox::still_ours(std::vector<engine::Event> events) const {
  std::erase_if(events, [&](const engine::Event& event) {
    const auto row = postgres_.table.rows.find(event.position);
    return row == postgres_.table.rows.end() || row->second.lease_epoch != epoch();
  });
  return events;
}

bool FaultyOutbox::reply_is_coming(std::int64_t position) const {
  const auto here = [&](const engine::Event& event) { return event.position == position; };
  return std::any_of(last_claim_.begin(), last_claim_.end(), here) ||
         std::any_of(reply_lost_.begin(), reply_lost_.end(), here);
}

std::vector<engine::Event> FaultyOutbox::claim(const engine::ClaimRequest& request) {
  postgres_.turn();
  last_claim_.clear();
  may_fail_before();
  if (!reply_lost_.empty()) {
    postgres_.require(epoch());
    return last_claim_ = still_ours(std::exchange(reply_lost_, {}));
  }
  engine::ClaimRequest asked = request;
  if (request.limits.max > 1 && world_.strike(Fault::kPartialClaim, process_))
    asked.limits.max = world_.random.between(0, request.limits.max - 1);
  std::vector<engine::Event> events = inner_.claim(asked);
  for (const engine::Event& event : events) world_.note(process_, "claimed", event.id);
  if (!events.empty() && world_.strike(Fault::kClaimReplyLost, process_)) {
    reply_lost_ = std::move(events);
    throw UnavailableError("the reply to the claim was lost");
  }
  return last_claim_ = events;
}

std::size_t FaultyOutbox::finish(std::span<const engine::FinishedEvent> finished) {
  may_fail_before();
  for (const engine::FinishedEvent& end : finished) {
    const auto row = postgres_.table.rows.find(end.position);
    const bool ours = row != postgres_.table.rows.end() && row->second.lease_epoch == epoch();
    if (ours && postgres_.alive(epoch()) && postgres_.table.outage.empty())
      oracle_.archived(row->second.event, end, store_);
  }
  const std::size_t ours = inner_.finish(finished);
  may_fail_after();
  return ours;
}

std::vector<engine::Mark> FaultyOutbox::marks(std::int64_t above) {
  may_fail_before();
  return inner_.marks(above);
}

std::vector<std::string> FaultyOutbox::resolved(std::span<const std::string> run_ids) {
  may_fail_before();
  return inner_.resolved(run_ids);
}

void FaultyOutbox::take_off(std::span<const engine::Mark> marks) {
  may_fail_before();
  inner_.take_off(marks);
  may_fail_after();
}

void FaultyOutbox::renew() {
  may_fail_before();
  inner_.renew();
  postgres_.renewed(epoch());
  may_fail_after();
}

void FaultyOutbox::release(std::span<const std::int64_t> unstarted_positions) {
  may_fail_before();
  inner_.release(unstarted_positions);
  may_fail_after();
}

}  // namespace pawl::simulation
