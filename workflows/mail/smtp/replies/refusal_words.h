// The codes and words by which real relays say whom they refuse.
#pragma once

#include <span>
#include <string_view>

namespace pawl::mail {

/// Phrases are in lower case and without marks, one that stands between blanks is whole words. Only
/// refusal.cc includes them.
using Words = std::span<const std::string_view>;

/// RFC 3463 and the vendors' own: sender, quota, permission to relay, authentication of what we send.
inline constexpr std::string_view kAccountCodes[] = {"5.1.7",  "5.1.8",   "5.1.90",  "5.2.252", "5.4.5",  "5.7.3",
                                                     "5.7.23", "5.7.25",  "5.7.26",  "5.7.27",  "5.7.57", "5.7.60",
                                                     "5.7.64", "5.7.232", "5.7.233", "5.7.236"};

/// They speak of us whatever else is said and whatever the code: Postfix has 5.1.0 and even 5.1.1 for a sender.
inline constexpr std::string_view kAccountPhrases[] = {
    // sender
    "sender address", "sender rejected", "sender denied", "senderdenied", "sendasdenied", "sender verif",
    "sender identity", "bad sender", "invalid sender", "envelope sender", "not owned by", "from address", "from header",
    "address is not verified", "not permitted to send", "not allowed to send", "not authorized to send",
    "not authorised to send", "authorized to perform", "storedrv submission",
    // name and host
    " helo ", " ehlo ", "client host rejected", " your host ", " your ip ", " your server ", "no valid ptr",
    "ptr record", "reverse dns", " rdns ", "blocked using", "block list", "blocklist", "blacklist", "black list",
    " dnsbl ", " rbl ", "spamhaus",
    // relaying
    "relay access denied", "relaying", "relay not permitted", "unable to relay", "not relay", "no relay", "to relay",
    "relay denied", "rcpthosts", "domain not found in your",
    // how much we send
    "sending quota", "sending limit", "send limit", "sending rate", "sending activity", "for sending",
    "submission quota", "submissionquota", "outbound", "outgoing", "too many recipients", "too many emails",
    "too many messages", "too much mail", "daily limit", "hourly limit", "monthly limit", "daily quota", "hourly quota",
    "monthly quota", " per day ", " per hour ", " per minute ", " per month ", " max emails ", " credits ",
    " your quota "};
/// They are about us unless the mail itself is named before.
inline constexpr std::string_view kAccountHints[] = {
    "sender",      "mail from",     "client",         " your account ", " your domain ", " ip ",
    "authenticat", "not verified",  "unverified",     "rate limit",     "too many",      "reputation",
    " is listed ", " spf ",         "dkim",           "dmarc",          "suspended",     "credential",
    "log in",      "messages from", "limit exceeded", "limit reached",  "submission",    "allotment",
    "allowance",   " a day ",       " an hour ",      " to send ",      " your limit "};

inline constexpr std::string_view kSizeCodes[] = {"5.2.3", "5.3.4"};
inline constexpr std::string_view kRecipientCodes[] = {"5.1.1",  "5.1.2", "5.1.3", "5.1.4", "5.1.6",
                                                       "5.1.10", "5.2.4", "5.4.4", "5.4.6", "5.4.14"};
/// A mailbox disabled or full, where the words are not about an account of ours.
inline constexpr std::string_view kStorageCodes[] = {"5.2.1", "5.2.2"};
inline constexpr std::string_view kFullWords[] = {"over quota", "overquota"};
/// What a quota of ours is called, too; the last two are both said.
inline constexpr std::string_view kAccountWords[] = {" account ", " quota of "};
inline constexpr std::string_view kExceeded[] = {"exceed"};
inline constexpr std::string_view kSeveralMails[] = {" messages ", " emails ", " mails "};
/// Exchange Online: a group or mailbox that takes no mail from outside, whatever it says of the sender.
inline constexpr std::string_view kClosedGroupCodes[] = {"5.7.124", "5.7.129", "5.7.133", "5.7.134",
                                                         "5.7.135", "5.7.136", "5.7.193"};
inline constexpr std::string_view kSizePhrases[] = {
    "message too large", "message too big", "message is too large", "message is too big", "mail too large",
    "message size",      "size exceeds",    "size limit",           "maximum size",       "message file too big"};
/// The recipient, for good.
inline constexpr std::string_view kRecipientPhrases[] = {"user unknown",
                                                         "unknown user",
                                                         "no such user",
                                                         "user not found",
                                                         "user does not exist",
                                                         "user doesn t have",
                                                         "user is full",
                                                         "user you are trying",
                                                         "no such person",
                                                         "tried to reach",
                                                         "mailbox not found",
                                                         "no such mailbox",
                                                         "unknown mailbox",
                                                         "mailbox unknown",
                                                         "invalid mailbox",
                                                         "mailbox invalid",
                                                         "bad mailbox",
                                                         "mailbox does not exist",
                                                         "no mailbox",
                                                         "mailbox full",
                                                         "mailbox is full",
                                                         "mailbox disabled",
                                                         "mailbox is disabled",
                                                         "mailbox has exceeded",
                                                         "mailbox size",
                                                         "mailbox quota",
                                                         "not a valid mailbox",
                                                         "unknown recipient",
                                                         "recipient unknown",
                                                         "recipient not found",
                                                         "recipientnotfound",
                                                         "invalid recipient",
                                                         "no such recipient",
                                                         "not a valid recipient",
                                                         "recipient does not exist",
                                                         "bad recipient address",
                                                         "unknown local part",
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
                                                         "malformed address"};
/// A 551 or 553 is about an address; they say that it is the recipient's.
inline constexpr std::string_view kRecipientHints[] = {"mailbox", "recipient", " user ", "moved", "not local"};
/// Said of RCPT and of an address: whose account is closed, where ours is not named.
inline constexpr std::string_view kClosedAccount[] = {
    "account is disabled", "account disabled", "account has been disabled", "account inactive", "account is inactive",
    "account is closed",   "account closed",   "account has been closed"};
/// Of MAIL, which names no mailbox: a quota may well be ours.
inline constexpr std::string_view kQuotaWords[] = {"quota", "limit", "too many", "allowance"};
inline constexpr std::string_view kParameterWords[] = {"parameter", " size ", "smtputf8"};

}  // namespace pawl::mail
