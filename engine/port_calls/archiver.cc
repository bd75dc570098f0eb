// Batches of finished events, one at a time.
#include "engine/port_calls/archiver.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/authoring/errors.h"
#include "engine/authoring/uuid.h"

namespace pawl::engine {

namespace {

// Under load a call rests for so many times as long as it took, while its next batch fills: at most a fifth of the
// time goes into it. A call that nothing came before waits for nothing, and none for long after a slow one.
// Gain: 10 % of Postgres' CPU time over SMTP.
constexpr int kRest = 4;
constexpr Duration kRestMost = std::chrono::milliseconds{250};

// The JSON string that stands for a payload of which nothing may be shown.
constexpr const char* kNothingShown = "\"[redacted]\"";

// Postgres' jsonb has no NUL, so that a text which may have one goes as a string, where an escape of it is text.
std::string as_json(std::string text) {
  if (nlohmann::json::accept(text) && text.find("\\u0000") == std::string::npos) return text;
  std::ranges::replace(text, '\0', '?');
  return nlohmann::json(std::move(text)).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void make_ready(FinishedEvent& event, EndedPayload is, const Archiver::Redact& redact) try {
  if (event.payload.empty()) return;
  if (is != EndedPayload::kToArchive) {
    std::optional<std::string> redacted = redact(event.payload);
    if (!redacted && is == EndedPayload::kEmitted) return std::string().swap(event.payload);
    if (redacted) event.payload = std::move(*redacted);
  }
  event.payload = as_json(std::move(event.payload));
} catch (...) {  // redaction may throw anything, and what was not redacted may hold secrets
  std::string(kNothingShown).swap(event.payload);
}

// What an event is about is an id; but a producer may have put anything there. It is looked at beside its name, which
// says that random letters are no secret by themselves. Sent only where that changes it.
void make_ready(std::string& aggregate_id, const Archiver::Redact& redact) try {
  if (aggregate_id.empty() || is_uuid(aggregate_id)) return aggregate_id.clear();
  const nlohmann::json named{{"aggregate_id", aggregate_id}};
  const auto redacted = redact(named.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  aggregate_id = redacted ? nlohmann::json::parse(*redacted).at("aggregate_id").get<std::string>() : std::string();
} catch (...) {  // as of a payload
  aggregate_id = "[redacted]";
}

}  // namespace

Archiver::Archiver(Outbox& outbox, Lanes& lanes, LaneId lane, const Clock& clock, Limits most, Jitter& jitter,
                   Redact redact)
    : outbox_(outbox),
      lanes_(lanes),
      lane_(lane),
      clock_(clock),
      most_(most),
      redact_(std::move(redact)),
      limit_(most.events),
      backoff_(jitter) {}

void Archiver::finish(FinishedEvent event, EndedPayload payload) {
  if (payload != EndedPayload::kToArchive && !redact_) event.payload.clear();
  if (!redact_) event.aggregate_id.clear();
  add(std::move(event), payload);
}

void Archiver::add(FinishedEvent event, EndedPayload payload) {
  payloads_ += event.payload.size();
  pending_.push_back({std::move(event), payload});
}

void Archiver::perform(Outbox& outbox, const Redact& redact, Call& call) try {
  for (std::size_t i = 0; i < call.events.size(); ++i) {
    make_ready(call.events[i], call.payloads[i], redact);
    make_ready(call.events[i].aggregate_id, redact);
    call.payloads[i] = EndedPayload::kToArchive;
  }
  outbox.finish(call.events);
} catch (const LeaseLostError& error) {
  call.error = error.what();
  call.lost = true;
} catch (const std::exception& error) {  // kept and repeated: finishing twice is harmless
  call.error = error.what();
}

void Archiver::turn(Timestamp now) {
  if (due_at(now).value_or(Timestamp::max()) > now) return;
  const auto call = next_call(now);
  busy_ = true;
  lanes_.submit(
      lane_, [&outbox = outbox_, &redact = redact_, call] { perform(outbox, redact, *call); },
      [this, call] { performed(call); });
}

std::shared_ptr<Archiver::Call> Archiver::next_call(Timestamp now) {
  auto call = std::make_shared<Call>();
  call->began = now;
  std::size_t count = 0;
  for (; count < std::min(pending_.size(), limit_); ++count) {
    Pending& next = pending_[count];
    if (count > 0 && call->bytes + next.event.payload.size() > most_.payloads) break;
    call->bytes += next.event.payload.size();
    call->payloads.push_back(next.payload);
    call->events.push_back(std::move(next.event));
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(count));
  return call;
}

std::optional<Timestamp> Archiver::due_at(Timestamp now) const {
  if (busy_ || pending_.empty()) return std::nullopt;
  if (backoff_.down()) return std::max(now, backoff_.retry_at());
  return pending_.size() >= limit_ ? now : std::max(now, rested_at_);
}

// What fails goes behind what has not been tried since, in ever smaller batches: an event that is refused by itself is
// alone in the end.
void Archiver::performed(const std::shared_ptr<Call>& call) {
  busy_ = false;
  payloads_ -= call->bytes;
  rested_at_ = clock_.now() + std::min<Duration>(kRest * (clock_.now() - call->began), kRestMost);
  if (call->lost) {
    lost_ = call->error;
  } else if (!call->error.empty()) {
    backoff_.failed(call->error, clock_.now());
    limit_ = std::max<std::size_t>(call->events.size() / 2, 1);
    for (std::size_t i = 0; i < call->events.size(); ++i) add(std::move(call->events[i]), call->payloads[i]);
  } else {
    backoff_.answered();
    limit_ = std::min(limit_ * 2, most_.events);
  }
}

}  // namespace pawl::engine
