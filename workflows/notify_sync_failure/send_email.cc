// Keeps the order that bounds copies: claim, send, record; only then is an item told its outcome.
#include "workflows/notify_sync_failure/send_email.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"
#include "workflows/mail/message/address.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/ascii_case.h"
#include "workflows/text/json_text.h"

namespace pawl::notify_sync_failure {

namespace {

using EmailBatch = engine::Batch<EmailRequest, EmailReceipt>;
using EmailItem = engine::Item<EmailRequest, EmailReceipt>;

constexpr std::size_t kReplyMax = 500;
constexpr std::size_t kPersonMax = 120;
// Accounts are locked when a wrong password is tried often.
constexpr const char* kLoginAdvice =
    "; login refused: tried again after 1 to 15 minutes, at once after a restart or when the password file changes";
constexpr engine::ProbeWaits kLoginProbes{std::chrono::minutes{1}, std::chrono::minutes{15}};

mail::LedgerState state_after(mail::Delivery delivery) {
  switch (delivery) {
    case mail::Delivery::kAccepted:
      return mail::LedgerState::kAccepted;
    case mail::Delivery::kRejected:
      return mail::LedgerState::kRejected;
    case mail::Delivery::kInDoubt:
      return mail::LedgerState::kInDoubt;
    case mail::Delivery::kRefused:
    case mail::Delivery::kAccountRefused:
    case mail::Delivery::kDeferred:
    case mail::Delivery::kRelayDown:
    case mail::Delivery::kLoginRefused:
      return mail::LedgerState::kDeferred;
  }
  return mail::LedgerState::kDeferred;
}

// An item that the ledger has cleared, or that an earlier call has already sent.
struct Outgoing {
  EmailItem* item = nullptr;
  std::string address;
  std::optional<mail::Envelope> envelope;  // nothing where nothing is to be sent
  mail::LedgerVerdict verdict;
  std::optional<mail::Delivery> delivery;  // nothing where nothing was sent
};

// Names and replies as they may be shown: in one call the same ones come again and again.
class SafeLines {
 public:
  const std::string& of(const std::string& raw, std::size_t max_characters) {
    const auto [line, is_new] = lines_.try_emplace({raw, max_characters});
    if (is_new) line->second = redaction::safe_line(raw, max_characters);
    return line->second;
  }

 private:
  std::map<std::pair<std::string, std::size_t>, std::string> lines_;
};

// Whose mail it is, for whoever asks whether a refusal is the relay's of everybody: an organisation at a domain.
std::string subject_of(const Outgoing& mail) {
  const std::string domain = mail.address.substr(mail.address.rfind('@') + 1);
  return mail.item->input().failure->org_id + " " + text::lower_cased(domain);
}

// Of those who share the mailbox.
const std::string& user_of(const EmailRequest& mail, std::size_t user) {
  return user == 0 ? mail.user_id : mail.same_mailbox[user - 1];
}

// Whether the answer concerned everybody's mails, or may have.
bool settle_as_everybodys(const Outgoing& mail) {
  const std::string& reply = mail.verdict.reply;
  switch (mail.delivery.value_or(mail::Delivery::kAccepted)) {
    case mail::Delivery::kRelayDown:
      return mail.item->unavailable(reply), true;
    case mail::Delivery::kLoginRefused:
      return mail.item->unavailable(reply + kLoginAdvice, kLoginProbes), true;
    case mail::Delivery::kRefused:
      return mail.item->refuse(reply, subject_of(mail)), true;
    case mail::Delivery::kAccountRefused:
      return mail.item->refuse(reply, subject_of(mail), true), true;
    default:
      return false;
  }
}

void settle_item(const Outgoing& mail) {
  const std::string& reply = mail.verdict.reply;
  if (settle_as_everybodys(mail)) return;
  switch (mail.verdict.state) {
    case mail::LedgerState::kAccepted:
      return mail.delivery ? mail.item->succeed({"accepted", reply}) : mail.item->skip({"accepted", reply});
    case mail::LedgerState::kSuppressed:
      return mail.item->skip({"suppressed", reply});
    case mail::LedgerState::kRejected:
      return mail.item->fail("rejected: " + reply);
    case mail::LedgerState::kDeferred:
      return mail.item->retry(reply);
    // The ledger's next claim decides: cleared to be sent again, or held.
    case mail::LedgerState::kInDoubt:
      return mail.item->retry("in doubt: " + reply);
  }
}

}  // namespace

std::string to_checkpoint(const EmailReceipt& receipt) {
  return text::json_object({{"detail", receipt.detail}, {"state", receipt.state}});
}

// One call's way through ledger, mailer and ledger.
class SendEmail::Round {
 public:
  Round(SendEmail& step, EmailBatch& batch) : step_(step), batch_(batch) {}

  void claim() {
    std::vector<EmailItem*> items;
    for (auto& item : batch_) items.push_back(&item);
    for (std::size_t user = 0; !items.empty(); ++user) items = claim_for(user, items);
  }

  void send() {
    std::vector<mail::Envelope> envelopes;
    for (Outgoing& mail : mails_)
      if (mail.envelope) envelopes.push_back(std::move(*mail.envelope));
    if (envelopes.empty()) return;
    engine::crash_point(engine::CrashPoint::kBeforeMail);
    const std::vector<mail::DeliveryReport> reports = step_.mailer_.send(envelopes);
    engine::crash_point(engine::CrashPoint::kBeforeMailRecorded);
    std::size_t sent = 0;
    for (Outgoing& mail : mails_)
      if (mail.envelope) take_report(mail, reports.at(sent++));
  }

  void record() {
    if (mails_.empty()) return;
    std::vector<mail::LedgerVerdict> verdicts;
    for (const Outgoing& mail : mails_) verdicts.push_back(mail.verdict);
    try {
      step_.ledger_.settle(verdicts);
    } catch (...) {  // the mails are out: what is known of them must outlive this call
      step_.memory_.keep(verdicts);
      throw;
    }
    engine::crash_point(engine::CrashPoint::kAfterMailRecorded);
    for (const Outgoing& mail : mails_) {
      step_.memory_.forget(mail.verdict.event_id, mail.verdict.user_id);
      settle_item(mail);
    }
  }

 private:
  // Claims each mail for the user of that number. Returns those that the next user of the same mailbox may still get:
  // under the message id of the first, so that it stays one mail.
  std::vector<EmailItem*> claim_for(std::size_t user, const std::vector<EmailItem*>& items) {
    std::vector<mail::LedgerRequest> requests;
    requests.reserve(items.size());
    for (const EmailItem* item : items) {
      const EmailRequest& mail = item->input();
      requests.push_back({item->event_id(), mail.failure->org_id, user_of(mail, user),
                          step_.writer_.message_id(item->event_id(), mail.user_id), item->again()});
    }
    const std::vector<mail::LedgerEntry> entries = step_.ledger_.claim(requests);
    std::vector<EmailItem*> next;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool has_next = user < items[i]->input().same_mailbox.size();
      const bool is_sent = step_.memory_.final_verdict(requests[i].event_id, requests[i].user_id).has_value();
      if (entries.at(i).clearance == mail::Clearance::kSuppressed && has_next && !is_sent)
        next.push_back(items[i]);
      else
        take_up(*items[i], requests[i], entries[i]);
    }
    return next;
  }

  void take_up(EmailItem& item, const mail::LedgerRequest& request, const mail::LedgerEntry& entry) {
    const std::string& user_id = request.user_id;
    const std::string& reason = safe_lines_.of(entry.reason, kReplyMax);
    const auto known = step_.memory_.final_verdict(item.event_id(), user_id);
    if (entry.clearance == mail::Clearance::kAccepted) {
      step_.memory_.forget(item.event_id(), user_id);
      return item.skip({"accepted", reason.empty() ? "was sent before" : reason});
    }
    if (known) return void(mails_.push_back({&item, {}, std::nullopt, *known, std::nullopt}));
    if (entry.clearance == mail::Clearance::kSuppressed) return item.skip({"suppressed", reason});
    if (entry.clearance == mail::Clearance::kHeld)
      return item.fail("in doubt: " + (reason.empty() ? "" : reason + "; ") + "held for an operator");
    write(item, request, entry);
  }

  void write(EmailItem& item, const mail::LedgerRequest& request, const mail::LedgerEntry& entry) {
    const std::string address = mail::normalised_address(entry.email);
    Outgoing mail{&item,
                  address,
                  std::nullopt,
                  {item.event_id(), request.user_id, mail::LedgerState::kSuppressed, {}},
                  std::nullopt};
    if (const auto reason = mail::why_unusable(address))
      mail.verdict.reply = "not sent: " + *reason;
    else
      mail.envelope =
          step_.writer_.address(draft_of(item, entry.time_zone), {address, safe_lines_.of(entry.full_name, kPersonMax)},
                                {entry.message_id, entry.date});
    mails_.push_back(std::move(mail));
  }

  // The recipients of one event mostly come together, and are written the same.
  mail::Message& draft_of(const EmailItem& item, const std::string& time_zone) {
    if (drafted_ != item.event_id() || drafted_in_ != time_zone) {
      draft_ = step_.writer_.draft(*item.input().failure, item.input().org_name, time_zone);
      drafted_ = item.event_id();
      drafted_in_ = time_zone;
    }
    return draft_;
  }

  void take_report(Outgoing& mail, const mail::DeliveryReport& report) {
    mail.verdict.state = state_after(report.delivery);
    mail.verdict.reply = safe_lines_.of(report.reply, kReplyMax);
    mail.delivery = report.delivery;
  }

  SendEmail& step_;
  EmailBatch& batch_;
  std::vector<Outgoing> mails_;
  SafeLines safe_lines_;
  mail::Message draft_;  ///< Of the event `drafted_`, for readers in `drafted_in_`.
  std::string drafted_, drafted_in_;
};

namespace {

// Inside a catch block: the ledger takes nothing from anybody now.
void rethrow_if_everybodys() try { throw; } catch (const engine::LeaseLostError&) {
  throw;
} catch (const engine::ServiceError& error) {
  if (error.concerns() == engine::Concerns::kEverybody) throw;
} catch (const std::exception&) {  // about one verdict, or a few
}

}  // namespace

SendEmail::SendEmail(mail::MailLedger& ledger, mail::Mailer& mailer, EmailWriter writer, engine::StepOptions options)
    : Step("send-email", options), ledger_(ledger), mailer_(mailer), writer_(std::move(writer)) {}

void SendEmail::execute(EmailBatch& batch) {
  record_kept_verdicts();
  record_isolated_verdicts(batch);
  Round round(*this, batch);
  round.claim();
  round.send();
  round.record();
}

void SendEmail::record_kept_verdicts() {
  if (memory_.unrecorded().verdicts.empty()) return;
  // One at a time: a verdict that is told late must not meet the next claim of its mail.
  const std::lock_guard alone(telling_);
  const mail::VerdictMemory::Unrecorded unrecorded = memory_.unrecorded();
  if (unrecorded.verdicts.empty()) return;
  try {
    ledger_.settle(unrecorded.verdicts);
    memory_.recorded(unrecorded.last);
  } catch (...) {  // of one that is refused for its own sake only its own mail may hear
    rethrow_if_everybodys();
    record_one_by_one(unrecorded.verdicts);
  }
}

void SendEmail::record_one_by_one(const std::vector<mail::LedgerVerdict>& verdicts) {
  for (const mail::LedgerVerdict& verdict : verdicts) try {
      ledger_.settle({&verdict, 1});
      memory_.recorded(verdict);
    } catch (...) {
      rethrow_if_everybodys();
      memory_.isolate(verdict);
    }
}

// Before the next claim of their mails. What it throws reaches the items of this batch alone.
void SendEmail::record_isolated_verdicts(EmailBatch& batch) {
  if (!memory_.isolates_any()) return;
  for (const EmailItem& item : batch)
    for (std::size_t user = 0; user <= item.input().same_mailbox.size(); ++user) {
      const auto verdict = memory_.isolated(item.event_id(), user_of(item.input(), user));
      if (!verdict) continue;
      ledger_.settle({&*verdict, 1});
      memory_.recorded(*verdict);
    }
}

}  // namespace pawl::notify_sync_failure
