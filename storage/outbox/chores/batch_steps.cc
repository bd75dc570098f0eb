// Calls pawl.work_on_batches, which knows what a rate allows.
#include "storage/outbox/chores/batch_steps.h"

#include <algorithm>

#include "engine/authoring/errors.h"

namespace pawl::storage {

namespace {

constexpr BatchSteps::Duration kLookEvery = std::chrono::seconds{1};
constexpr BatchSteps::Duration kSmooth = std::chrono::milliseconds{50};  // at 50 runs a second a step has a few
const std::string kRunsAStep = "200";                                    // of each batch; nothing is claimed meanwhile

BatchSteps::Duration from_seconds(const std::string& seconds) {
  return std::chrono::duration_cast<BatchSteps::Duration>(std::chrono::duration<double>(std::stod(seconds)));
}

}  // namespace

void BatchSteps::check_access(PostgresConnection& connection) {
  connection.run("work on batches", "select pawl.work_on_batches(0, 0) where false", {});
}

// Claims have at least twice the time that steps take.
void BatchSteps::turn(PostgresConnection& connection, std::int64_t epoch, Time now) {
  if (now < due_at_) return;
  try {
    const Rows rows =
        connection.run("work on batches",
                       "select running, least(coalesce(next_in_seconds, 0), 1e6), coalesce(failing, '') from"
                       " pawl.work_on_batches($1::bigint, $2::int)",
                       {std::to_string(epoch), kRunsAStep});
    const Time ended = Time::clock::now();
    running_ = rows.integer(0, 0) > 0;
    const Duration took = std::chrono::duration_cast<Duration>(ended - now);
    const Duration next = running_ ? from_seconds(rows.string(0, 1)) : kLookEvery;
    due_at_ = ended + std::clamp(next, std::min(std::max(kSmooth, took * 2), kLookEvery), kLookEvery);
    note(rows.string(0, 2));
  } catch (
      const engine::Error& error) {  // a chore; claiming goes on, and says itself what is wrong with the connection
    due_at_ = now + kLookEvery;
    note(error.what());
  }
}

BatchSteps::Duration BatchSteps::wait(Duration at_most, Time now) const {
  if (!running_) return at_most;
  return std::clamp(std::chrono::duration_cast<Duration>(due_at_ - now), Duration{0}, at_most);
}

std::string BatchSteps::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void BatchSteps::note(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

}  // namespace pawl::storage
