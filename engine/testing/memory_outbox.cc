// The outbox's rules over a std::map.
#include "engine/testing/memory_outbox.h"

#include <algorithm>
#include <limits>
#include <set>

#include "engine/authoring/errors.h"

namespace pawl::testing {

using namespace engine;

void MemoryOutboxTable::add_workflow(const WorkflowName& workflow) {
  if (std::ranges::find(workflows, workflow) == workflows.end()) workflows.push_back(workflow);
}

std::string MemoryOutboxTable::emit(const std::string& type, const std::string& payload, const std::string& id,
                                    const EventDetails& details) {
  const std::int64_t position = next_position++;
  Event event;
  event.position = position;
  event.id = id.empty() ? "event-" + std::to_string(position) : id;
  event.type = type;
  event.aggregate_type = details.aggregate_type;
  event.aggregate_id = details.aggregate_id;
  event.tenant = details.tenant;
  event.traceparent = details.traceparent;
  event.payload = payload;
  event.created_at = now;
  event.deliveries = 0;
  rows[position] = {event, 0};
  name(rows[position].event);
  return event.id;
}

// The row is the run of the first workflow of its type; those of the others get rows behind it.
void MemoryOutboxTable::name(Event& event) {
  for (const WorkflowName& of_type : workflows) {
    if (of_type.type != event.type) continue;
    if (event.workflow.empty()) {
      event.workflow = of_type.workflow;
      continue;
    }
    Event further = event;
    further.position = next_position++;
    further.id = event.id + "/" + of_type.workflow;
    further.further_run_of = event.id;
    further.workflow = of_type.workflow;
    rows[further.position] = {further, 0};
  }
}

void MemoryOutboxTable::name_runs() {
  std::vector<Event*> unnamed;
  for (auto& [position, row] : rows)
    if (row.lease_epoch == 0 && row.event.workflow.empty()) unnamed.push_back(&row.event);
  for (Event* event : unnamed) name(*event);
}

// One end of each run, where it has ended more than once.
bool MemoryOutboxTable::resume(const std::string& id, const std::string& workflow) {
  std::set<std::string> seen;
  const auto goes_on = [&](const Archived& archived) {
    const Event& event = archived.event;
    const bool named = event.id == id || event.further_run_of == id;
    if (!named || (!workflow.empty() && event.workflow != workflow) || archived.status != RunStatus::kFailed ||
        archived.dismissed)
      return false;
    return seen.insert(event.id).second && archived.resumable != Resumable::kNowhere && !does_effects_of(event);
  };
  std::vector<Archived> ended;
  std::vector<Archived> resumed;
  for (Archived& archived : archive) (goes_on(archived) ? resumed : ended).push_back(std::move(archived));
  archive = std::move(ended);
  for (const Archived& archived : resumed) {
    Row row{archived.event, 0, archived.store,
            archived.resumable == Resumable::kHere || !archived.event.lineage->from_step.empty()};
    row.event.position = next_position++;
    row.event.deliveries = 0;
    ++row.event.resumes;
    rows[row.event.position] = row;
  }
  return !resumed.empty();
}

bool MemoryOutboxTable::does_effects_of(const Event& event) const {
  const std::string& key = event.lineage->effects_of.empty() ? event.id : event.lineage->effects_of;
  return std::ranges::any_of(rows, [&](const auto& entry) {
    const Event& unfinished = entry.second.event;
    return unfinished.id == key || unfinished.lineage->effects_of == key;
  });
}

MemoryOutboxTable::Row* MemoryOutboxTable::find(const std::string& id) {
  const auto found = std::ranges::find_if(rows, [&](const auto& entry) { return entry.second.event.id == id; });
  return found == rows.end() ? nullptr : &found->second;
}

// Each at a moment of its own, by which a mark that was asked for anew is told from the one before.
void MemoryOutboxTable::mark(Row& row, Mark::Kind kind, const std::string& by, const std::string& note) {
  const Cancellation asked{by, note, now + Duration{++marks_made_}};
  row.mark = {kind, row.event.position, row.event.id, asked};
  row.mark_epoch = row.lease_epoch;
}

bool MemoryOutboxTable::cancel(const std::string& id, const std::string& by, const std::string& note) {
  Row* const row = find(id);
  if (row == nullptr) return false;
  const bool held = lives(row->lease_epoch);
  const bool known = row->event.deliveries > 0 || row->event.resumes > 0;
  const bool any_lives = std::ranges::any_of(workers, [&](const auto& worker) { return lives(worker.first); });
  if (held || (known && any_lives)) {
    mark(*row, Mark::Kind::kCancel, by, note);
    return true;
  }
  archive.push_back({row->event, RunStatus::kCancelled, reason_of({by, note, now}), Resumable::kAnywhere, row->store});
  rows.erase(row->event.position);
  return true;
}

bool MemoryOutboxTable::retry_now(const std::string& id, const std::string& by, const std::string& note) {
  Row* const row = find(id);
  if (row == nullptr || row->lease_epoch == 0) return false;
  if (row->mark && row->mark->kind == Mark::Kind::kCancel) {
    const Cancellation asked = row->mark->asked;
    mark(*row, Mark::Kind::kCancel, asked.by, asked.note);
  } else {
    mark(*row, Mark::Kind::kRetryNow, by, note);
  }
  return true;
}

std::string MemoryOutboxTable::rerun(const std::string& id, const std::string& from_step, bool resend) {
  const auto parent = std::ranges::find_if(archive, [&](const Archived& ended) { return ended.event.id == id; });
  if (parent == archive.end() || find(id) != nullptr || (!resend && does_effects_of(parent->event))) return {};
  Row row{parent->event, 0, parent->store, !from_step.empty()};
  row.event.position = next_position++;
  row.event.id = "event-" + std::to_string(row.event.position);
  row.event.created_at = now;
  row.event.further_run_of.clear();
  row.event.deliveries = row.event.resumes = 0;
  const std::string& effects = parent->event.lineage->effects_of;
  row.event.lineage = Lineage{.parent = id,
                              .from_step = from_step,
                              .effects_of = resend            ? ""
                                            : effects.empty() ? id
                                                              : effects,
                              .stands_for = event_id(parent->event)};
  rows[row.event.position] = row;
  parent->dismissed = parent->status == RunStatus::kFailed;
  return row.event.id;
}

void MemoryOutboxTable::bury(std::int64_t epoch) {
  workers.erase(epoch);
  for (auto& [position, row] : rows)
    if (row.lease_epoch == epoch) free(row);
}

void MemoryOutboxTable::free(Row& row) {
  if (stopped.contains(row.lease_epoch)) row.event.deliveries = std::max(row.event.deliveries - 1, 0);
  row.lease_epoch = 0;
}

void MemoryOutbox::require_alive() const {
  if (!table_.outage.empty()) throw UnavailableError(table_.outage);
  if (!table_.workers.contains(epoch_)) throw LeaseLostError("epoch " + std::to_string(epoch_) + " is over");
}

void MemoryOutbox::require_no_copy(const Registration& registration) const {
  if (epoch_ == 0 && registration.lost_to == 0) return;
  for (const auto& [epoch, store] : table_.workers)
    if (store == registration.store_id && !table_.stopped.contains(epoch) &&
        (epoch_ == 0 ? epoch >= registration.lost_to : epoch > epoch_))
      throw StoreCopiedError("register worker: epoch " + std::to_string(epoch) + " runs on a copy of this store",
                             epoch);
}

void MemoryOutbox::adopt(const Registration& registration) {
  std::map<std::int64_t, std::string> waiting;
  for (const WaitingEvent& event : registration.waiting) waiting[event.position] = event.id;
  for (auto& [position, row] : table_.rows) {
    const auto owner = table_.workers.find(row.lease_epoch);
    const bool ours = owner == table_.workers.end() || owner->second == registration.store_id;
    const auto kept = waiting.find(position);
    if (!ours) continue;
    if (kept != waiting.end() && kept->second == row.event.id) {
      row.lease_epoch = epoch_;
      row.mark_epoch = row.mark ? epoch_ : 0;
      row.event.deliveries = std::max(row.event.deliveries, 1);  // it was delivered, to the run that waits
    } else {
      table_.free(row);
    }
  }
  std::erase_if(table_.workers, [&](const auto& worker) { return worker.second == registration.store_id; });
}

Registered MemoryOutbox::open(const Registration& registration) {
  if (!table_.outage.empty()) throw UnavailableError(table_.outage);
  require_no_copy(registration);
  epoch_ = table_.next_epoch++;
  adopt(registration);
  table_.workers[epoch_] = registration.store_id;
  Registered registered{epoch_, {}};
  const auto is_ours = [&](const std::string& id, bool or_free) {
    return std::any_of(table_.rows.begin(), table_.rows.end(), [&](const auto& entry) {
      const auto& row = entry.second;
      return row.event.id == id && (row.lease_epoch == epoch_ || (or_free && row.lease_epoch == 0));
    });
  };
  for (const WaitingEvent& event : registration.waiting)
    if (!is_ours(event.id, false)) registered.foreign.push_back(event.id);
  for (const std::string& id : registration.moving)
    if (!is_ours(id, true)) registered.foreign.push_back(id);
  return registered;
}

bool MemoryOutbox::may_claim(const MemoryOutboxTable::Row& row, const ClaimRequest& request) const {
  if (row.lease_epoch != 0) return false;
  if (std::ranges::find(request.workflows, row.event.workflow, &WorkflowName::workflow) == request.workflows.end())
    return false;
  if (row.store.empty() || row.store == table_.workers.at(epoch_)) return true;
  return !row.only_store && std::ranges::none_of(table_.workers, [&](const auto& worker) {
    return worker.second == row.store && !table_.stopped.contains(worker.first);
  });
}

std::vector<MemoryOutboxTable::Row*> MemoryOutbox::claimable(const ClaimRequest& request) const {
  std::vector<MemoryOutboxTable::Row*> rows;
  for (auto& [position, row] : table_.rows)
    if (may_claim(row, request)) rows.push_back(&row);
  const auto rank = [&](const MemoryOutboxTable::Row* row) {  // the last delivery, the others before, the fresh
    const int deliveries = row->event.deliveries;
    if (deliveries == 0) return std::numeric_limits<int>::max();
    return quarantine_of(deliveries, request.limits.deliveries_max) == kAlone ? 0 : deliveries;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  return rows;
}

std::vector<Event> MemoryOutbox::claim(const ClaimRequest& request) {
  require_alive();
  for (const WorkflowName& workflow : request.workflows) table_.add_workflow(workflow);
  table_.name_runs();
  std::vector<Event> claimed;
  MovingRuns moving = request.limits.moving;
  bool blocked = false;  // by a redelivered event that has to wait; the fresh do not, unless it has to be alone
  std::int64_t bytes = 0;
  for (MemoryOutboxTable::Row* row : claimable(request)) {
    if (bytes >= request.limits.bytes) break;
    const int own = quarantine_of(row->event.deliveries, request.limits.deliveries_max);
    if (claimed.size() == static_cast<std::size_t>(request.limits.max) || (own == kAlone && !moving.admits(own))) break;
    blocked = row->event.deliveries > 0 && (blocked || !moving.admits(own));
    if (blocked || !moving.admits(own)) continue;
    moving.add(own);
    row->lease_epoch = epoch_;
    row->mark_epoch = row->mark ? epoch_ : 0;
    ++row->event.deliveries;
    claimed.push_back(row->event);
    if (row->mark && row->mark->kind == Mark::Kind::kCancel) claimed.back().cancel = row->mark->asked;
    const auto size = static_cast<std::int64_t>(row->event.payload.size());
    bytes += size;
    if (size <= kPayloadMax) continue;
    claimed.back().payload.clear();
    claimed.back().left_out = size;
  }
  std::ranges::sort(claimed, {}, &Event::position);
  return claimed;
}

std::size_t MemoryOutbox::finish(std::span<const FinishedEvent> finished) {
  require_alive();
  std::size_t ours = 0;
  for (const FinishedEvent& end : finished) {
    const auto row = table_.rows.find(end.position);
    if (row == table_.rows.end() || row->second.lease_epoch != epoch_ || row->second.event.id != end.run_id) continue;
    if (!end.payload.empty()) row->second.event.payload = end.payload;
    if (!end.aggregate_id.empty()) row->second.event.aggregate_id = end.aggregate_id;
    const bool says_nothing = end.status != RunStatus::kDone && end.reason.empty();
    table_.archive.push_back(
        {row->second.event, end.status,
         says_nothing ? std::string(to_string(end.status)).append(" without a reason") : end.reason, end.resumable,
         table_.workers.at(epoch_), end.withheld, end.failure});
    table_.rows.erase(row);
    ++ours;
  }
  return ours;
}

void MemoryOutbox::report(std::span<const StepReport> steps, Timestamp) {
  ++table_.step_reports_made;
  require_alive();
  table_.step_reports.assign(steps.begin(), steps.end());
}

// What is found after the epoch is over was freed with it.
std::vector<Mark> MemoryOutbox::marks(std::int64_t above) {
  if (!table_.outage.empty()) throw UnavailableError(table_.outage);
  std::vector<Mark> marks;
  for (auto row = table_.rows.upper_bound(above); row != table_.rows.end() && marks.size() < kMarksMax; ++row)
    if (row->second.mark_epoch == epoch_ && row->second.lease_epoch == epoch_) marks.push_back(*row->second.mark);
  return marks;
}

void MemoryOutbox::take_off(std::span<const Mark> marks) {
  require_alive();
  for (const Mark& mark : marks) {
    const auto row = table_.rows.find(mark.position);
    if (row == table_.rows.end() || row->second.lease_epoch != epoch_ || !row->second.mark) continue;
    const Mark now = *row->second.mark;
    if (now.asked.asked_at != mark.asked.asked_at) continue;
    row->second.mark_epoch = 0;
    if (now.kind == Mark::Kind::kRetryNow) row->second.mark.reset();
  }
}

std::vector<std::string> MemoryOutbox::resolved(std::span<const std::string> run_ids) {
  if (!table_.outage.empty()) throw UnavailableError(table_.outage);
  std::vector<std::string> gone;
  for (const std::string& id : run_ids) {
    const bool unfinished =
        std::ranges::any_of(table_.rows, [&](const auto& row) { return row.second.event.id == id; });
    const bool failed = std::ranges::any_of(table_.archive, [&](const MemoryOutboxTable::Archived& ended) {
      return ended.event.id == id && ended.status == RunStatus::kFailed;
    });
    if (!unfinished && !failed) gone.push_back(id);
  }
  return gone;
}

void MemoryOutbox::renew() { require_alive(); }

void MemoryOutbox::release(std::span<const std::int64_t> unstarted_positions) {
  require_alive();
  table_.stopped.insert(epoch_);
  for (const std::int64_t position : unstarted_positions) {
    const auto row = table_.rows.find(position);
    if (row == table_.rows.end() || row->second.lease_epoch != epoch_) continue;
    row->second.lease_epoch = 0;
    --row->second.event.deliveries;
  }
}

}  // namespace pawl::testing
