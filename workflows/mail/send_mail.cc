// Keeps the order that bounds copies: claim, send, record; only then is an item told its outcome.
#include "workflows/mail/send_mail.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/authoring/errors.h"
#include "workflows/mail/faults/crash_points.h"
#include "workflows/mail/message/address.h"
#include "workflows/mail/message/message_id.h"
#include "workflows/mail/smtp/replies/reply.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/json_text.h"

namespace pawl::mail {

namespace {

using MailBatch = engine::Batch<MailRequest, MailReceipt>;
using MailItem = engine::Item<MailRequest, MailReceipt>;

constexpr std::size_t kReplyMax = 500;
constexpr std::size_t kPersonMax = 120;
// Accounts are locked when a wrong password is tried often.
constexpr const char* kLoginAdvice =
    "; login refused: tried again after 30 to 60 s, then ever more rarely, at last every 7 to 15 minutes; "
    "at once after a restart or when the password file changes";
constexpr const char* kInDoubtCode = "in-doubt";
constexpr engine::ProbeWaits kLoginProbes{std::chrono::minutes{1}, std::chrono::minutes{15}};

LedgerState state_after(Delivery delivery) {
  switch (delivery) {
    case Delivery::kAccepted:
      return LedgerState::kAccepted;
    case Delivery::kRejected:
      return LedgerState::kRejected;
    case Delivery::kInDoubt:
      return LedgerState::kInDoubt;
    case Delivery::kRefused:
    case Delivery::kAccountRefused:
    case Delivery::kDeferred:
    case Delivery::kSenderRefused:
    case Delivery::kRelayDown:
    case Delivery::kLoginRefused:
      return LedgerState::kDeferred;
  }
  return LedgerState::kDeferred;
}

// An item that the ledger has cleared, or that an earlier call has already sent.
struct Outgoing {
  MailItem* item = nullptr;  // nothing where the next user of the mailbox decides about it
  std::string address;
  std::optional<Envelope> envelope;  // nothing where nothing is to be sent
  LedgerVerdict verdict;
  std::optional<Delivery> delivery;  // nothing where nothing was sent
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
std::string subject_of(const Outgoing& mail) { return mail.item->input().org_id + " " + mail_domain(mail.address); }

// Of those who share the mailbox.
const std::string& user_of(const MailRequest& mail, std::size_t user) {
  return user == 0 ? mail.recipient : mail.same_mailbox[user - 1];
}

// Whether the answer concerned everybody's mails, or may have.
bool settle_as_everybodys(const Outgoing& mail) {
  const std::string& reply = mail.verdict.reply;
  switch (mail.delivery.value_or(Delivery::kAccepted)) {
    case Delivery::kSenderRefused:
    case Delivery::kRelayDown:
      return mail.item->unavailable(reply), true;
    case Delivery::kLoginRefused:
      return mail.item->unavailable(reply + kLoginAdvice, kLoginProbes), true;
    case Delivery::kRefused:
      return mail.item->refuse(reply, subject_of(mail), false, failure_code(reply)), true;
    case Delivery::kAccountRefused:
      return mail.item->refuse(reply, subject_of(mail), true, failure_code(reply)), true;
    default:
      return false;
  }
}

void settle_item(const Outgoing& mail) {
  const std::string& reply = mail.verdict.reply;
  if (settle_as_everybodys(mail)) return;
  if (mail.verdict.state == LedgerState::kSuppressed) mail.item->remark(engine::Remark::kSuppressed);
  if (mail.verdict.state == LedgerState::kInDoubt) mail.item->remark(engine::Remark::kInDoubt);
  switch (mail.verdict.state) {
    case LedgerState::kAccepted:
      return mail.delivery ? mail.item->succeed({"accepted", reply}) : mail.item->skip({"accepted", reply});
    case LedgerState::kSuppressed:
      return mail.item->skip({"suppressed", reply});
    case LedgerState::kRejected:
      return mail.item->fail("rejected: " + reply, failure_code(reply));
    case LedgerState::kDeferred:
      return mail.item->retry(reply, {}, failure_code(reply));
    // The ledger's next claim decides: cleared to be sent again, or held.
    case LedgerState::kInDoubt:
      return mail.item->retry("in doubt: " + reply, {}, kInDoubtCode);
  }
}

}  // namespace

std::string to_checkpoint(const MailReceipt& receipt) {
  return text::json_object({{"detail", receipt.detail}, {"state", receipt.state}});
}

// One call's way through ledger, mailer and ledger.
class SendMail::Round {
 public:
  Round(SendMail& step, MailBatch& batch) : step_(step), batch_(batch) {}

  void claim() {
    std::vector<MailItem*> items;
    for (auto& item : batch_) items.push_back(&item);
    for (std::size_t user = 0; !items.empty(); ++user) items = claim_for(user, items);
  }

  void send() {
    std::vector<Envelope> envelopes;
    for (Outgoing& mail : mails_)
      if (mail.envelope) envelopes.push_back(std::move(*mail.envelope));
    if (envelopes.empty()) return;
    engine::crash_point(kBeforeMail);
    const std::vector<DeliveryReport> reports = step_.mailer_.send(envelopes);
    engine::crash_point(kBeforeMailRecorded);
    std::size_t sent = 0;
    for (Outgoing& mail : mails_)
      if (mail.envelope) take_report(mail, reports.at(sent++));
  }

  void record() {
    if (mails_.empty()) return;
    std::vector<LedgerVerdict> verdicts;
    for (const Outgoing& mail : mails_) verdicts.push_back(mail.verdict);
    try {
      step_.ledger_.settle(verdicts);
    } catch (...) {  // the mails are out: what is known of them must outlive this call
      step_.memory_.keep(verdicts);
      throw;
    }
    engine::crash_point(kAfterMailRecorded);
    for (const Outgoing& mail : mails_) {
      step_.memory_.forget(mail.verdict.effects_id, mail.verdict.recipient);
      if (mail.item) settle_item(mail);
    }
  }

 private:
  // Claims each mail for the user of that number. Returns those that the next user of the same mailbox may still get:
  // under the message id of the first, so that it stays one mail.
  std::vector<MailItem*> claim_for(std::size_t user, const std::vector<MailItem*>& items) {
    std::vector<LedgerRequest> requests;
    requests.reserve(items.size());
    for (const MailItem* item : items) {
      const MailRequest& mail = item->input();
      requests.push_back({item->effects_id(), mail.org_id, user_of(mail, user), step_.message_id_of(*item),
                          item->again(), item->workflow(), step_.name()});
    }
    const std::vector<LedgerEntry> entries = step_.ledger_.claim(requests);
    std::vector<MailItem*> next;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const bool has_next = user < items[i]->input().same_mailbox.size();
      const bool is_sent = step_.memory_.final_verdict(requests[i].effects_id, requests[i].recipient).has_value();
      if (has_next && !is_sent && passes_on(requests[i], entries.at(i)))
        next.push_back(items[i]);
      else
        take_up(*items[i], requests[i], entries[i]);
    }
    return next;
  }

  // Whether a user gets no mail any more. Of one who has lost his right the ledger has recorded that; where his address
  // has become unusable it will be, under his own row.
  bool passes_on(const LedgerRequest& request, const LedgerEntry& entry) {
    if (entry.clearance != Clearance::kCleared) return entry.clearance == Clearance::kSuppressed;
    if (!why_unusable(normalised_address(entry.email))) return false;
    mails_.push_back(unsent(nullptr, request, normalised_address(entry.email)));
    return true;
  }

  void take_up(MailItem& item, const LedgerRequest& request, const LedgerEntry& entry) {
    const std::string& recipient = request.recipient;
    const std::string& reason = safe_lines_.of(entry.reason, kReplyMax);
    const auto known = step_.memory_.final_verdict(item.effects_id(), recipient);
    if (entry.clearance == Clearance::kAccepted) {
      step_.memory_.forget(item.effects_id(), recipient);
      return item.skip({"accepted", reason.empty() ? "was sent before" : reason});
    }
    if (known) return void(mails_.push_back({&item, {}, std::nullopt, *known, std::nullopt}));
    if (entry.clearance == Clearance::kSuppressed) {
      item.remark(engine::Remark::kSuppressed);
      return item.skip({"suppressed", reason});
    }
    if (entry.clearance == Clearance::kHeld) {
      item.remark(engine::Remark::kInDoubt);
      return item.fail("in doubt: " + (reason.empty() ? "" : reason + "; ") + "held for an operator", kInDoubtCode);
    }
    write(item, request, entry);
  }

  void write(MailItem& item, const LedgerRequest& request, const LedgerEntry& entry) {
    Outgoing mail = unsent(&item, request, normalised_address(entry.email));
    if (mail.verdict.reply.empty()) compose(mail, entry);
    mails_.push_back(std::move(mail));
  }

  // With the reason, if its address is one that no mail can be sent to.
  Outgoing unsent(MailItem* item, const LedgerRequest& request, const std::string& address) const {
    Outgoing mail{item,
                  address,
                  std::nullopt,
                  {request.effects_id, request.recipient, LedgerState::kSuppressed, {}, step_.name()},
                  std::nullopt};
    if (const auto reason = why_unusable(address)) mail.verdict.reply = "not sent: " + *reason;
    return mail;
  }

  // What the content throws is about its own mail, which the ledger says we may be sending: it has to hear, as the
  // others' have, that this one was not sent.
  void compose(Outgoing& mail, const LedgerEntry& entry) {
    const Reader reader{mail.address, safe_lines_.of(entry.full_name, kPersonMax), entry.message_id, entry.date};
    try {
      const MailContent& content = *mail.item->input().content;
      Message& draft = draft_of(content, entry.time_zone);
      content.address(draft, reader);
      mail.envelope = seal(draft);
    } catch (const engine::PermanentError& error) {
      mail.verdict.state = LedgerState::kRejected;
      mail.verdict.reply = safe_lines_.of(std::string("not sent: ") + error.what(), kReplyMax);
    } catch (const std::exception& error) {  // the mails beside it go out
      mail.verdict.state = LedgerState::kDeferred;
      mail.verdict.reply = safe_lines_.of(std::string("not sent: ") + error.what(), kReplyMax);
    }
  }

  // The recipients of one event mostly come together, and are written the same.
  Message& draft_of(const MailContent& content, const std::string& time_zone) {
    if (drafted_ != &content || drafted_in_ != time_zone) {
      drafted_ = nullptr;  // until it is written whole
      draft_ = {};
      sign(draft_, step_.sender_);
      content.draft(draft_, time_zone);
      drafted_ = &content;
      drafted_in_ = time_zone;
    }
    return draft_;
  }

  void take_report(Outgoing& mail, const DeliveryReport& report) {
    mail.verdict.state = state_after(report.delivery);
    mail.verdict.reply = safe_lines_.of(report.reply, kReplyMax);
    mail.delivery = report.delivery;
  }

  SendMail& step_;
  MailBatch& batch_;
  std::vector<Outgoing> mails_;
  SafeLines safe_lines_;
  Message draft_;  ///< Of the content `drafted_`, for readers in `drafted_in_`.
  const MailContent* drafted_ = nullptr;
  std::string drafted_in_;
};

namespace {

engine::StepOptions worth(engine::StepOptions options, const Mailer& mailer) {
  options.parallelism = std::max<std::size_t>(mailer.calls(), 1);
  options.longest_call = mailer.longest_call();
  if (options.batch_max == 0) options.batch_max = std::max<std::size_t>(mailer.width(), 1);
  return options;
}

// Inside a catch block: the ledger takes nothing from anybody now.
void rethrow_if_everybodys() try { throw; } catch (const engine::LeaseLostError&) {
  throw;
} catch (const engine::ServiceError& error) {
  if (error.concerns() == engine::Concerns::kEverybody) throw;
} catch (const std::exception&) {  // about one verdict, or a few
}

}  // namespace

SendMail::SendMail(std::string name, MailLedger& ledger, Mailer& mailer, Sender sender, engine::StepOptions options)
    : Step(std::move(name), worth(options, mailer)),
      ledger_(ledger),
      mailer_(mailer),
      sender_(usable_sender(std::move(sender))) {}

void SendMail::execute(MailBatch& batch) {
  record_kept_verdicts();
  record_isolated_verdicts(batch);
  Round round(*this, batch);
  round.claim();
  round.send();
  round.record();
}

// A recipient who is no user is his address.
std::string SendMail::destination(const MailRequest& request) const {
  return request.domain.empty() ? mail_domain(normalised_address(request.recipient)) : request.domain;
}

std::string SendMail::message_id_of(const engine::Item<MailRequest, MailReceipt>& item) const {
  const std::string& recipient = item.input().recipient;
  return message_id({item.workflow(), item.effects_id(), name(), recipient}, sender_.domain());
}

void SendMail::record_kept_verdicts() {
  if (memory_.unrecorded().verdicts.empty()) return;
  // One at a time: a verdict that is told late must not meet the next claim of its mail.
  const std::lock_guard alone(telling_);
  const VerdictMemory::Unrecorded unrecorded = memory_.unrecorded();
  if (unrecorded.verdicts.empty()) return;
  try {
    ledger_.settle(unrecorded.verdicts);
    memory_.recorded(unrecorded.last);
  } catch (...) {  // of one that is refused for its own sake only its own mail may hear
    rethrow_if_everybodys();
    ledger_.check_access();  // what is refused even of nobody is no verdict's own
    record_one_by_one(unrecorded.verdicts);
  }
}

void SendMail::record_one_by_one(const std::vector<LedgerVerdict>& verdicts) {
  for (const LedgerVerdict& verdict : verdicts) try {
      ledger_.settle({&verdict, 1});
      memory_.recorded(verdict);
    } catch (...) {
      rethrow_if_everybodys();
      memory_.isolate(verdict);
    }
}

// Before the next claim of their mails. What it throws reaches the items of this batch alone.
void SendMail::record_isolated_verdicts(MailBatch& batch) {
  if (!memory_.isolates_any()) return;
  for (const MailItem& item : batch)
    for (std::size_t user = 0; user <= item.input().same_mailbox.size(); ++user) {
      const auto verdict = memory_.isolated(item.effects_id(), user_of(item.input(), user));
      if (!verdict) continue;
      ledger_.settle({&*verdict, 1});
      memory_.recorded(*verdict);
    }
}

}  // namespace pawl::mail
