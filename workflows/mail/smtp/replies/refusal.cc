// Decides by codes and words whom a refusal names.
#include "workflows/mail/smtp/replies/refusal.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "workflows/mail/smtp/replies/refusal_words.h"
#include "workflows/text/ascii.h"

namespace pawl::mail {
namespace {

bool is_one_of(std::string_view status, Words codes) { return std::ranges::find(codes, status) != codes.end(); }

// Where the first of the phrases begins; npos if there is none.
std::size_t first_of(std::string_view words, Words phrases) {
  std::size_t first = words.npos;
  for (const std::string_view phrase : phrases) first = std::min(first, words.find(phrase));
  return first;
}

bool says(std::string_view words, Words phrases) { return first_of(words, phrases) != words.npos; }

bool is_mark(char c) { return !text::is_alphanumeric(c) && (c & 0x80) == 0; }

std::string_view without_marks_around(std::string_view word) {
  while (!word.empty() && is_mark(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_mark(word.back())) word.remove_suffix(1);
  return word;
}

// In lower case, each word between single blanks, and without what stands in angle brackets and without addresses:
// those are other people's words. Our own address is the word `sender`.
std::string own_words(std::string_view text, const std::string& sender = {}) {
  const std::string ours = text::lower_cased(std::string(without_marks_around(sender)));
  std::string words = " ";
  while (!text.empty()) {
    const std::size_t close = text.front() == '<' ? text.find('>') : text.npos;
    const std::size_t end = close != text.npos ? close + 1 : std::min(text.find_first_of(" <", 1), text.size());
    const std::string_view word = text.substr(0, end);
    if (close == text.npos && word.find('@') == word.npos)
      words.append(word) += ' ';
    else if (!ours.empty() && text::lower_cased(std::string(without_marks_around(word))) == ours)
      words += "sender ";
    text.remove_prefix(end);
  }
  std::ranges::replace_if(words, is_mark, ' ');
  // no range of std::ranges::unique's, which clang 14 of the fuzz targets cannot compile
  const auto is_second_blank = [](char a, char b) { return a == ' ' && b == ' '; };
  words.erase(std::unique(words.begin(), words.end(), is_second_blank), words.end());
  return text::lower_cased(std::move(words));
}

// Exchange Online's: access denied to the tenant, a banned sender, a tenant over its threshold.
bool is_vendors_account_code(std::string_view status) {
  return status.size() == 7 && (status.starts_with("5.7.5") || status.starts_with("5.7.7"));
}

bool is_login_code(int code) { return code == 530 || code == 534 || code == 535 || code == 538; }

// A relay's reply, and what it says in its own words.
struct Reply {
  Reply(const SmtpReply& reply, const std::string& sender)
      : code(reply.code),
        status(enhanced_status(reply)),
        words(own_words(reply.text, sender)),
        names_address(reply.text.find('@') < text::lower_cased(reply.text).find("account")) {}

  bool names_us_clearly() const {
    return is_login_code(code) || is_one_of(status, kAccountCodes) || is_vendors_account_code(status) ||
           says(words, kAccountPhrases);
  }
  // Whom words name that could be said of anybody, the first of them says: `Sender mailbox not found` is about us,
  // `No such user; tell the sender` is not.
  bool names_us_before(Words others) const { return first_of(words, kAccountHints) < first_of(words, others); }
  bool names_mail() const { return says(words, kRecipientPhrases) || says(words, kSizePhrases); }
  // What a code or a quota would blame on the recipient's storage may as well be said of how much we send. An account
  // is the recipient's where an address is named; with our own the words have named us.
  bool may_be_of_our_account() const {
    return (says(words, kAccountWords) && !names_address) || (says(words, kExceeded) && says(words, kSeveralMails));
  }
  bool is_of_policy() const { return status.starts_with("5.7."); }

  const int code;
  const std::string_view status;
  const std::string words;
  const bool names_address;  // Before it speaks of an account: behind, it may be whom to write to.
};

// MAIL FROM names no recipient. What is refused may be a parameter that others' mails do not have, so only words about
// us make it everybody's.
Delivery refused_sender(const Reply& reply, const MailParameters& with) {
  const Delivery ours = with.utf8 ? Delivery::kAccountRefused : Delivery::kSenderRefused;
  if (reply.names_us_clearly()) return ours;
  if (reply.names_us_before(kSizePhrases)) return with.size ? Delivery::kAccountRefused : ours;
  const bool of_storage = reply.code == 552 && !reply.is_of_policy() && !says(reply.words, kQuotaWords);
  const bool of_size = (of_storage || is_one_of(reply.status, kSizeCodes)) && !reply.may_be_of_our_account();
  if (of_size || says(reply.words, kSizePhrases)) return Delivery::kRejected;
  const bool of_parameter = reply.code == 555 || reply.status == "5.5.4" || says(reply.words, kParameterWords);
  return with.size || with.utf8 || of_parameter ? Delivery::kRefused : Delivery::kSenderRefused;
}

// What says by its code alone, or by a quota, that the recipient or the message is refused for good.
bool is_of_mail(const Reply& reply) {
  const bool of_content = reply.status.starts_with("5.6.");
  if (of_content || is_one_of(reply.status, kRecipientCodes)) return true;
  const bool of_storage = (reply.code == 552 && !reply.is_of_policy()) || is_one_of(reply.status, kSizeCodes) ||
                          is_one_of(reply.status, kStorageCodes) || says(reply.words, kFullWords);
  return of_storage && !reply.may_be_of_our_account();
}

// Moved, and a mailbox's name that is not allowed, where the words do not say something else; of RCPT alone, a
// malformed address, a domain that takes no mail (RFC 7504), and a mailbox that was closed.
bool is_of_address(SmtpPhase phase, const Reply& reply) {
  if (reply.is_of_policy()) return false;
  if (reply.code == 551 || reply.code == 553) return says(reply.words, kRecipientHints);
  if (phase != SmtpPhase::kRcpt) return false;
  return reply.code == 501 || reply.code == 555 || reply.code == 556 ||
         (reply.names_address && says(reply.words, kClosedAccount));
}

}  // namespace

Delivery refused_by(SmtpPhase phase, const SmtpReply& text, const MailParameters& with) {
  const Reply reply(text, with.sender);
  if (phase == SmtpPhase::kMail) return refused_sender(reply, with);
  // A relay may want a login for some recipients only: one of them must not pause the others.
  if (reply.names_us_clearly()) return Delivery::kAccountRefused;
  if (is_one_of(reply.status, kClosedGroupCodes)) return Delivery::kRejected;
  if (reply.names_us_before(kRecipientPhrases) && reply.names_us_before(kSizePhrases)) return Delivery::kAccountRefused;
  if (reply.names_mail() || is_of_mail(reply)) return Delivery::kRejected;
  return is_of_address(phase, reply) ? Delivery::kRejected : Delivery::kRefused;
}

}  // namespace pawl::mail
