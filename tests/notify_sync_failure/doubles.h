// In-memory doubles of the workflow's ports, a sample failure, and a way to call one step with a batch of its own.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

#include "engine/authoring/errors.h"
#include "engine/runs/run_state.h"
#include "workflows/mail/ledger/mail_ledger.h"
#include "workflows/mail/message/mailer.h"
#include "workflows/notify_sync_failure/payload/sync_failed.h"
#include "workflows/notify_sync_failure/ports/inbox.h"
#include "workflows/notify_sync_failure/ports/recipients.h"

namespace pawl::notify_sync_failure {

inline const std::string kEventId = "0b0c0000-0000-4000-8000-000000000001";
inline const std::string kOrgId = "0a0c0000-0000-4000-8000-000000000002";

inline SyncFailed sample_failure() {
  return {.event_id = kEventId,
          .connection_id = "0c0c0000-0000-4000-8000-000000000003",
          .sync_log_id = "0d0c0000-0000-4000-8000-000000000004",
          .org_id = kOrgId,
          .provider = "Reapit",
          .label = "Head office",
          .error_message = "401 Unauthorized: the refresh token has been revoked",
          .occurred_at = "2026-11-24T03:00:00Z"};
}

inline SharedFailure shared(SyncFailed failure = sample_failure()) {
  return std::make_shared<const SyncFailed>(std::move(failure));
}

inline nlohmann::json sample_payload() {
  const SyncFailed failure = sample_failure();
  return {{"connection_id", failure.connection_id},
          {"sync_log_id", failure.sync_log_id},
          {"org_id", failure.org_id},
          {"provider", "reapit"},
          {"label", failure.label},
          {"error_message", failure.error_message},
          {"occurred_at", "2026-11-24T03:00:00+00:00"}};
}

inline engine::Event event_of(std::string payload, std::string id = kEventId) {
  engine::Event event;
  event.id = std::move(id);
  event.type = kEventType;
  event.payload = std::move(payload);
  return event;
}

/// Events whose effects may be there already, and one whose cannot, as far as is known.
inline std::vector<engine::Event> fresh_redelivered_and_resumed() {
  std::vector<engine::Event> events(3, event_of("{}"));
  for (engine::Event& event : events) event.deliveries = 1;
  events[1].deliveries = 2;
  events[2].resumes = 1;
  return events;
}

struct MemoryDirectory final : RecipientDirectory {
  std::map<std::string, Recipients> organisations;
  std::vector<std::string> asked;  ///< Every id of every call.

  std::vector<Recipients> owners_and_admins(std::span<const std::string> org_ids) override {
    std::vector<Recipients> found;
    for (const std::string& id : org_ids) {
      asked.push_back(id);
      found.push_back(organisations[id]);
    }
    return found;
  }
};

struct MemoryInbox final : Inbox {
  std::vector<Notification> posted;
  int calls = 0;

  std::vector<int> post(std::span<const Notification> notifications) override {
    ++calls;
    std::vector<int> rows;
    for (const Notification& notification : notifications) {
      posted.push_back(notification);
      rows.push_back(static_cast<int>(notification.user_ids.size()));
    }
    return rows;
  }
};

/// Keeps rows as the real ledger does: a row of a lost epoch stays as it is, a row found `sending` is cleared again or
/// held, and the date of a mail stays once a copy may exist.
struct MemoryLedger final : mail::MailLedger {
  struct Row {
    std::string state;
    std::string reply;
    int epoch = 0;
    engine::Timestamp date{};
    bool may_be_out = false;
  };
  using Key = std::pair<std::string, std::string>;

  std::map<Key, Row> rows;
  std::map<std::string, std::string> emails;  ///< By user id; without one: `<user id>@example.com`.
  std::string full_name = "Olive Owner";
  std::map<std::string, std::string> time_zones;  ///< By user id; without one: none.
  std::set<std::string> demoted;
  std::vector<mail::LedgerRequest> asked;
  bool holds_in_doubt = false;
  int epoch = 1;
  engine::Timestamp now{std::chrono::hours{24 * 365}};
  int settle_throws = 0;          ///< So many calls of settle fail before any row is written.
  int refusals = 0;               ///< For the sake of `refused`.
  std::set<std::string> refused;  ///< Users whose verdicts no call of settle takes, nor any beside them.

  std::vector<mail::LedgerEntry> claim(std::span<const mail::LedgerRequest> requests) override {
    std::vector<mail::LedgerEntry> entries;
    for (const mail::LedgerRequest& request : requests) entries.push_back(claim(request));
    asked.insert(asked.end(), requests.begin(), requests.end());
    return entries;
  }

  void settle(std::span<const mail::LedgerVerdict> verdicts) override {
    if (settle_throws > 0) {
      --settle_throws;
      throw engine::UnavailableError("settle mail: the database does not answer");
    }
    for (const mail::LedgerVerdict& verdict : verdicts)
      if (refused.contains(verdict.recipient)) {
        ++refusals;
        throw std::runtime_error("settle mail: refused for " + verdict.recipient);
      }
    for (const mail::LedgerVerdict& verdict : verdicts) {
      Row& row = rows[{verdict.event_id, verdict.recipient}];
      if (row.epoch != epoch) continue;
      row.state = name_of(verdict.state);
      row.reply = verdict.reply;
      row.may_be_out |= verdict.state == mail::LedgerState::kInDoubt;
    }
  }

  const Row& row(const std::string& user_id) { return rows[{kEventId, user_id}]; }

 private:
  mail::LedgerEntry claim(const mail::LedgerRequest& request) {
    if (demoted.contains(request.recipient))
      return {mail::Clearance::kSuppressed, {}, {}, "no longer an owner or admin"};
    Row& row = rows[{request.event_id, request.recipient}];
    if (row.state == "accepted") return {mail::Clearance::kAccepted, {}, {}, row.reply};
    if ((row.state == "sending" || row.state == "in_doubt") && holds_in_doubt)
      return {mail::Clearance::kHeld, {}, {}, "found interrupted"};
    row.may_be_out |= row.state == "sending";
    row = {"sending", {}, epoch, row.may_be_out ? row.date : now, row.may_be_out};
    const auto email = emails.find(request.recipient);
    const std::string address = email == emails.end() ? request.recipient + "@example.com" : email->second;
    return {mail::Clearance::kCleared,    address, full_name, {}, request.message_id, row.date,
            time_zones[request.recipient]};
  }

  static std::string name_of(mail::LedgerState state) {
    switch (state) {
      case mail::LedgerState::kAccepted:
        return "accepted";
      case mail::LedgerState::kDeferred:
        return "deferred";
      case mail::LedgerState::kRejected:
        return "rejected";
      case mail::LedgerState::kInDoubt:
        return "in_doubt";
      case mail::LedgerState::kSuppressed:
        return "suppressed";
    }
    return "?";
  }
};

/// Answers with the scripted reports by address, and accepts what has none.
struct MemoryMailer final : mail::Mailer {
  std::map<std::string, mail::DeliveryReport> answers;
  std::vector<mail::Envelope> sent;  ///< Whatever was handed over, delivered or not.

  std::vector<mail::DeliveryReport> send(std::span<const mail::Envelope> envelopes) override {
    std::vector<mail::DeliveryReport> reports;
    for (const mail::Envelope& envelope : envelopes) {
      sent.push_back(envelope);
      const auto answer = answers.find(envelope.to);
      reports.push_back(answer == answers.end() ? mail::DeliveryReport{mail::Delivery::kAccepted, "250 queued"}
                                                : answer->second);
    }
    return reports;
  }
  std::size_t width() const override { return 4; }
};

/// A batch for one step, each item in a run of its own.
template <class In, class Out>
class StepCall {
 public:
  explicit StepCall(engine::Step<In, Out>& step, const std::string& workflow = "notify-sync-failure") : step_(step) {
    definition_.name = workflow;
  }

  void add(const In& input, const std::string& event_id = kEventId) { add(input, event_of("{}", event_id)); }
  void add(const In& input, const engine::Event& event) {
    engine::StoredRun stored;
    stored.event = event;
    runs_.push_back(std::make_unique<engine::RunState>(definition_, stored));
    items_.push_back(std::make_unique<engine::TypedExecution<In, Out>>(*runs_.back(), step_, step_.key(input), input));
  }

  void execute() {
    std::vector<engine::Execution*> executions;
    for (const auto& item : items_) {
      item->outcome = engine::Unsettled{};
      executions.push_back(item.get());
    }
    step_.execute_untyped(executions);
  }

  const engine::Outcome& outcome(std::size_t index = 0) const { return items_[index]->outcome; }
  const Out& output(std::size_t index = 0) const { return items_[index]->output.value(); }
  bool succeeded(std::size_t index = 0) const { return std::holds_alternative<engine::Succeeded>(outcome(index)); }
  bool settled(std::size_t index = 0) const { return !std::holds_alternative<engine::Unsettled>(outcome(index)); }

 private:
  engine::Step<In, Out>& step_;
  engine::WorkflowDefinition definition_;
  std::vector<std::unique_ptr<engine::RunState>> runs_;
  std::vector<std::unique_ptr<engine::TypedExecution<In, Out>>> items_;
};

}  // namespace pawl::notify_sync_failure
