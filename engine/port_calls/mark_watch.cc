// Rounds over the marks of this worker, most of which find none.
#include "engine/port_calls/mark_watch.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::engine {

void MarkWatch::ask(Outbox& outbox, Call& call) try {
  if (!call.take_off.empty()) outbox.take_off(call.take_off);
  call.marks = outbox.marks(call.above);
} catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // asked again: a mark stays until it was taken
  call.error = error.what();
}

void MarkWatch::look_up(Checkpoints& store, Call& call) try {
  std::vector<std::string> ids;
  ids.reserve(call.marks.size());
  for (const Mark& mark : call.marks) ids.push_back(mark.id);
  call.runs = store.find(ids);
} catch (const std::exception& error) {  // whether the store works is seen where it is needed
  call.error = error.what();
}

std::optional<Timestamp> MarkWatch::due_at() const {
  if (busy_) return std::nullopt;
  return backoff_.down() ? std::max(ask_at_, backoff_.retry_at()) : ask_at_;
}

void MarkWatch::turn(Timestamp now) {
  if (due_at().value_or(Timestamp::max()) > now) return;
  busy_ = true;
  ask_at_ = now + kEvery;
  const auto call = std::make_shared<Call>();
  call->above = above_;
  call->take_off = take_off_;
  lanes_.submit(
      lane_.outbox, [&outbox = outbox_, call] { ask(outbox, *call); }, [this, call] { asked(call); });
}

void MarkWatch::asked(const std::shared_ptr<Call>& call) {
  busy_ = false;
  if (call->lost) lost_ = call->error;
  if (!call->error.empty()) return backoff_.failed(call->error, clock_.now());
  backoff_.answered();
  take_off_.clear();
  next_round(*call);
  std::erase_if(call->marks, [this](const Mark& mark) { return took(mark, nullptr); });
  if (call->marks.empty()) return;
  busy_ = true;
  lanes_.submit(
      lane_.store, [&store = store_, call] { look_up(store, *call); }, [this, call] { looked_up(*call); });
}

// At the end of a round those are forgotten that it has not met again: their runs have left the outbox.
void MarkWatch::next_round(const Call& call) {
  for (const Mark& mark : call.marks) seen_.insert(mark.position);
  above_ = call.marks.size() == kMarksMax ? call.marks.back().position : 0;
  if (above_ > 0) {
    ask_at_ = clock_.now() + kBetweenPages;
    return;
  }
  std::erase_if(taken_, [this](const auto& taken) { return !seen_.contains(taken.first); });
  seen_.clear();
}

void MarkWatch::looked_up(const Call& call) {
  busy_ = false;
  std::unordered_map<std::string_view, const StoredRun*> runs;
  for (const StoredRun& run : call.runs) runs.emplace(run.event.id, &run);
  for (const Mark& mark : call.marks)
    if (const auto run = runs.find(mark.id); run != runs.end()) took(mark, run->second);
}

// Whether the store need not be asked for its run.
bool MarkWatch::took(const Mark& mark, const StoredRun* run) {
  const auto taken = taken_.find(mark.position);
  if (taken != taken_.end() && taken->second == mark.asked.asked_at) return true;
  const MarkTaken answer = tell_(mark, run);
  if (answer != MarkTaken::kDone) return answer == MarkTaken::kLater;
  taken_[mark.position] = mark.asked.asked_at;
  take_off_.push_back(mark);
  return true;
}

}  // namespace pawl::engine
