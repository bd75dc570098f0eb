// Codes and words by which real relays say whom they refuse.
#include "workflows/mail/smtp/refusal.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "workflows/text/ascii_case.h"

namespace pawl::mail {
namespace {

using Words = std::span<const std::string_view>;

// RFC 3463 and the vendors' own: sender, quota, permission to relay, authentication of what we send.
constexpr std::string_view kAccountCodes[] = {"5.1.7",  "5.1.8",   "5.1.90",  "5.2.252", "5.4.5",  "5.7.3",
                                              "5.7.23", "5.7.25",  "5.7.26",  "5.7.27",  "5.7.57", "5.7.60",
                                              "5.7.64", "5.7.232", "5.7.233", "5.7.236"};
// They speak of us whatever the code says: Postfix has 5.1.0 and even 5.1.1 for a sender.
constexpr std::string_view kAccountPhrases[] = {"sender address",
                                                "sender rejected",
                                                "sender denied",
                                                "senderdenied",
                                                "sendasdenied",
                                                "sender verif",
                                                "sender identity",
                                                "helo command",
                                                "ehlo command",
                                                "client host rejected",
                                                "relay access denied",
                                                "relaying",
                                                "relay not permitted",
                                                "unable to relay",
                                                "not relay",
                                                "no relay",
                                                "to relay",
                                                "relay denied",
                                                "rcpthosts",
                                                "sending quota",
                                                "sending limit",
                                                "send limit",
                                                "sending rate",
                                                "address is not verified",
                                                "from address",
                                                "sending activity",
                                                "too many recipients",
                                                "too many emails",
                                                "submission quota",
                                                "not permitted to send",
                                                "not allowed to send",
                                                "not authorized to send"};
// They are about us unless something clearer is said.
constexpr std::string_view kAccountHints[] = {"sender",        "mail from",      "helo",
                                              "ehlo",          "client",         "your account",
                                              "account",       "quota",          "authenticat",
                                              "not verified",  "unverified",     "rate limit",
                                              "too many",      "your ip",        "your host",
                                              "reputation",    "blacklist",      "blocklist",
                                              "block list",    "blocked using",  "spf",
                                              "dkim",          "dmarc",          "suspended",
                                              "credential",    "log in",         "domain not found in your",
                                              "messages from", "limit exceeded", "limit reached"};

constexpr std::string_view kSizeCodes[] = {"5.2.3", "5.3.4"};
constexpr std::string_view kRecipientCodes[] = {
    "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.2.2", "5.2.4", "5.4.4", "5.4.6", "5.4.14",
    // Exchange Online: a group or mailbox that takes no mail from outside.
    "5.7.124", "5.7.129", "5.7.133", "5.7.134", "5.7.135", "5.7.136", "5.7.193"};
constexpr std::string_view kRecipientPhrases[] = {"user unknown",
                                                  "unknown user",
                                                  "no such user",
                                                  "user not found",
                                                  "user does not exist",
                                                  "no such mailbox",
                                                  "mailbox not found",
                                                  "unknown mailbox",
                                                  "mailbox does not exist",
                                                  "no mailbox",
                                                  "mailbox full",
                                                  "mailbox is full",
                                                  "user is full",
                                                  "mailbox disabled",
                                                  "mailbox has exceeded",
                                                  "mailbox size",
                                                  "over quota",
                                                  "overquota",
                                                  "unknown recipient",
                                                  "recipient unknown",
                                                  "recipient not found",
                                                  "invalid recipient",
                                                  "no such recipient",
                                                  "no such person",
                                                  "user doesn't have",
                                                  "not a valid mailbox",
                                                  "not a valid recipient",
                                                  "recipient does not exist",
                                                  "no such address",
                                                  "address unknown",
                                                  "unknown address",
                                                  "address does not exist",
                                                  "account does not exist",
                                                  "no such account",
                                                  "unrouteable address",
                                                  "unroutable address",
                                                  "no such domain",
                                                  "domain not found",
                                                  "unknown domain",
                                                  "domain does not exist",
                                                  "host not found",
                                                  "no longer valid",
                                                  "bad address syntax",
                                                  "malformed address",
                                                  "bad recipient address",
                                                  "message too large",
                                                  "message too big",
                                                  "message size exceeds",
                                                  "exceeds size limit",
                                                  "message file too big"};

bool is_one_of(std::string_view status, Words codes) { return std::ranges::find(codes, status) != codes.end(); }

bool says(std::string_view words, Words phrases) {
  return std::ranges::any_of(phrases, [&](std::string_view phrase) { return words.find(phrase) != words.npos; });
}

// In lower case, without what stands in angle brackets and without addresses: those are other people's words.
std::string own_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    const std::size_t close = text.front() == '<' ? text.find('>') : text.npos;
    if (close != text.npos) {
      text.remove_prefix(close + 1);
      continue;
    }
    const std::size_t end = std::max<std::size_t>(text.find_first_of(" <", 1), 1);
    const std::string_view word = text.substr(0, end);
    if (word.find('@') == word.npos) words += word;
    text.remove_prefix(std::min(end, text.size()));
  }
  return text::lower_cased(std::move(words));
}

// Exchange Online's: access denied to the tenant, a banned sender, a tenant over its threshold.
bool is_vendors_account_code(std::string_view status) {
  return status.size() == 7 && (status.starts_with("5.7.5") || status.starts_with("5.7.7"));
}

bool is_login_code(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

bool is_of_size(const SmtpReply& reply) {
  const std::string_view status = enhanced_status(reply);
  return is_one_of(status, kSizeCodes) || (reply.code == 552 && !status.starts_with("5.7."));
}

// MAIL FROM names no recipient: unless it is this message's size or a parameter, everybody's would be refused.
Delivery refused_sender(const SmtpReply& reply, std::string_view words) {
  constexpr std::string_view kParameters[] = {"parameter", "size=", "smtputf8"};
  if (is_of_size(reply) && !says(words, kAccountPhrases)) return Delivery::kRejected;
  const bool of_parameter = reply.code == 555 || enhanced_status(reply) == "5.5.4" || says(words, kParameters);
  return of_parameter ? Delivery::kRefused : Delivery::kRelayDown;
}

}  // namespace

bool refuses_login(const SmtpReply& reply) {
  constexpr std::string_view kCodes[] = {"5.7.8", "5.7.9", "5.7.13", "5.7.14"};
  constexpr std::string_view kOfLogin[] = {"authenticat", "credential", "password", "login"};
  if (!reply.permanent()) return false;
  return is_login_code(reply.code) || reply.code == 525 || is_one_of(enhanced_status(reply), kCodes) ||
         says(own_words(reply.text), kOfLogin);
}

Delivery refused_by(SmtpPhase phase, const SmtpReply& reply) {
  const std::string words = own_words(reply.text);
  if (phase == SmtpPhase::kMail) return is_login_code(reply.code) ? Delivery::kRelayDown : refused_sender(reply, words);
  const std::string_view status = enhanced_status(reply);
  // A relay may want a login for some recipients only: one of them must not pause the others.
  if (is_login_code(reply.code) || is_one_of(status, kAccountCodes) || is_vendors_account_code(status) ||
      says(words, kAccountPhrases))
    return Delivery::kAccountRefused;
  const bool of_content = status.starts_with("5.6.");
  if (of_content || is_of_size(reply) || is_one_of(status, kRecipientCodes) || says(words, kRecipientPhrases))
    return Delivery::kRejected;
  if (says(words, kAccountHints)) return Delivery::kAccountRefused;
  // Moved, and a mailbox's name that is not allowed; of RCPT alone, a malformed one, and a domain that takes no mail
  // (RFC 7504).
  const bool of_address = reply.code == 551 || reply.code == 553 ||
                          (phase == SmtpPhase::kRcpt && (reply.code == 501 || reply.code == 555 || reply.code == 556));
  return of_address && !status.starts_with("5.7.") ? Delivery::kRejected : Delivery::kRefused;
}

}  // namespace pawl::mail
