// The catalogue of refusals: what real relays say, in which phase, and whom it concerns.
#include "workflows/mail/smtp/replies/refusal.h"

#include <catch2/catch.hpp>

using namespace pawl::mail;

namespace {

struct Refusal {
  Delivery delivery;
  SmtpPhase phase;
  const char* reply;
};

constexpr auto kMail = SmtpPhase::kMail;
constexpr auto kRcpt = SmtpPhase::kRcpt;
constexpr auto kData = SmtpPhase::kData;
constexpr auto kDot = SmtpPhase::kFinalDot;

constexpr Refusal kCatalogue[] = {
    // the recipient: clear, and for good
    {Delivery::kRejected, kRcpt,
     "550 5.1.1 <bob@x.test>: Recipient address rejected: User unknown in virtual mailbox table"},
    {Delivery::kRejected, kRcpt,
     "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking"},
    {Delivery::kRejected, kRcpt,
     "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient bob@x.test not found by SMTP address lookup"},
    {Delivery::kRejected, kRcpt, "550 Unrouteable address"},
    {Delivery::kRejected, kRcpt, "550 Unknown user"},
    {Delivery::kRejected, kRcpt, "550 No such user here"},
    {Delivery::kRejected, kRcpt,
     "550 5.7.1 <bob@x.test>: Recipient address rejected: User unknown in relay recipient table"},
    {Delivery::kRejected, kRcpt, "550 5.2.1 The email account that you tried to reach is disabled"},
    {Delivery::kRejected, kRcpt, "552 5.2.2 The email account that you tried to reach is over quota"},
    {Delivery::kRejected, kDot, "554 5.2.2 mailbox full; STOREDRV.Deliver"},
    {Delivery::kRejected, kRcpt, "552 Requested mail action aborted: exceeded storage allocation"},
    {Delivery::kRejected, kRcpt, "550 mailbox is full"},
    {Delivery::kRejected, kRcpt, "550 5.1.2 <bob@nosuch.test>: Recipient address rejected: Domain not found"},
    {Delivery::kRejected, kRcpt, "550 5.4.4 Unable to route: host not found"},
    {Delivery::kRejected, kRcpt, "556 5.1.10 Recipient address has null MX"},
    {Delivery::kRejected, kRcpt, "501 5.1.3 Bad recipient address syntax"},
    {Delivery::kRejected, kRcpt, "501 syntax error in parameters"},
    {Delivery::kRejected, kRcpt, "551 5.1.6 moved"},
    {Delivery::kRejected, kRcpt, "551 User not local; please try <bob@y.test>"},
    {Delivery::kRejected, kRcpt, "553 5.1.3 bad mailbox"},
    {Delivery::kRejected, kRcpt, "553 bad mailbox"},
    {Delivery::kRejected, kRcpt, "556 domain does not accept mail"},
    {Delivery::kRejected, kRcpt, "550 5.1.1"},
    {Delivery::kRejected, kRcpt, "550 #5.1.1 No one here"},
    {Delivery::kRejected, kRcpt, "511 sorry, not here (#5.1.1 - chkuser)"},
    {Delivery::kRejected, kRcpt, "550 5.1.1: gone"},
    {Delivery::kRejected, kRcpt, "550 Quota exceeded (mailbox for user is full)"},
    {Delivery::kRejected, kRcpt, "550 No such person at this address"},
    {Delivery::kRejected, kDot, "554 delivery error: dd This user doesn't have a x.test account (bob@x.test) [-5]"},
    {Delivery::kRejected, kDot,
     "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; Delivery restriction check"},
    {Delivery::kRejected, kRcpt, "550 5.7.124 RESOLVER.RST.NotAuthorizedForGroup; sender not in allowed-senders list"},
    // the message: clear, and for good
    {Delivery::kRejected, kMail, "552 5.3.4 Message size exceeds fixed limit"},
    {Delivery::kRejected, kMail, "552 message size exceeds maximum permitted"},
    {Delivery::kRejected, kMail, "554 5.3.4 too large"},
    {Delivery::kRejected, kDot, "552 5.2.3 Message exceeds maximum fixed size"},
    {Delivery::kRejected, kDot, "552 message size limit exceeded"},
    {Delivery::kRejected, kDot, "554 5.6.0 Invalid message content"},
    {Delivery::kRejected, kRcpt, "550 5.6.7 Non-ASCII addresses not permitted"},
    {Delivery::kRejected, kMail, "554 Rejected - Message size exceeds fixed maximum message size"},
    {Delivery::kRejected, kMail, "550 message too large"},
    // the recipient, in words that could be about an account of ours or about a sender
    {Delivery::kRejected, kRcpt,
     "550 Message was not accepted -- invalid mailbox. Local mailbox is unavailable: account is disabled"},
    {Delivery::kRejected, kRcpt, "550 <bob@x.test>: account is disabled"},
    {Delivery::kRejected, kRcpt, "550 bob@x.test: Account inactive"},
    {Delivery::kRejected, kRcpt, "550 5.2.2 <bob@x.test>: account is over quota"},
    {Delivery::kRejected, kRcpt, "550 user is over quota"},
    {Delivery::kRejected, kRcpt, "550 Mailbox quota exceeded"},
    {Delivery::kRejected, kRcpt, "550 Invalid mailbox"},
    {Delivery::kRejected, kRcpt, "550 unknown local part"},
    {Delivery::kRejected, kRcpt, "550 No such user; the sender should remove this address"},
    {Delivery::kRejected, kRcpt,
     "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from "
     "being delivered"},
    {Delivery::kRefused, kDot, "550 account is disabled"},
    {Delivery::kRefused, kRcpt, "550 5.7.1 account is disabled"},
    // open, in words that could be about an account of ours as well
    {Delivery::kRefused, kRcpt, "550 account is disabled"},
    {Delivery::kRefused, kRcpt, "550 Account inactive"},
    {Delivery::kRefused, kRcpt, "550 Account disabled, write to help@relay.test"},
    {Delivery::kRefused, kRcpt, "550 5.2.1 Account disabled"},
    {Delivery::kRefused, kRcpt, "550 This account has been disabled or discontinued [#102]"},
    {Delivery::kRefused, kRcpt, "552 5.2.2 Account over quota"},
    {Delivery::kRefused, kRcpt, "552 5.2.2 User is over quota of messages"},
    {Delivery::kRefused, kDot, "552 Account quota exceeded"},
    {Delivery::kRefused, kDot, "552 5.3.4 You have exceeded the number of messages allowed"},
    {Delivery::kRefused, kDot, "552 5.2.2 Number of emails exceeds the plan"},
    // open, in words that could be anybody's
    {Delivery::kRefused, kRcpt, "551 not authorised"},
    {Delivery::kRefused, kRcpt, "553 5.3.0 not now, not ever"},
    {Delivery::kRefused, kRcpt, "554 5.7.1 <bad@x.test>: Recipient address rejected: Access denied"},
    {Delivery::kRefused, kRcpt, "550 5.4.1 Recipient address rejected: Access denied. [AS(201806281)]"},
    {Delivery::kRefused, kRcpt, "550 5.7.1 not to this list"},
    {Delivery::kRefused, kRcpt, "550 Administrative prohibition"},
    {Delivery::kRefused, kRcpt, "554 no"},
    {Delivery::kRefused, kRcpt, "550"},
    {Delivery::kRefused, kRcpt, "521 5.3.2 not now, not ever"},
    {Delivery::kRefused, kRcpt, "553 5.7.2 [TSS09] Retrying will NOT succeed"},
    {Delivery::kRefused, kRcpt, "550 #5.7.1 Your access to submit messages to this system has been rejected"},
    {Delivery::kRefused, kRcpt, "550 Requested action not taken: mailbox unavailable"},
    {Delivery::kRefused, kRcpt, "550 5.1.0 Address rejected."},
    {Delivery::kRefused, kData, "554 no valid recipients"},
    {Delivery::kRefused, kData, "554 5.5.1 Error: no valid recipients"},
    {Delivery::kRefused, kDot, "550 5.7.1 message content rejected"},
    {Delivery::kRefused, kDot, "554 5.7.1 Spam message rejected"},
    {Delivery::kRefused, kDot,
     "552 5.7.0 This message was blocked because its content presents a potential security issue"},
    {Delivery::kRefused, kDot, "550 This message was classified as SPAM and may not be delivered"},
    {Delivery::kRefused, kDot, "554 Transaction failed"},
    {Delivery::kRefused, kMail, "555 5.5.4 Unsupported option: SIZE=1500"},
    {Delivery::kRefused, kMail, "501 5.5.4 Bad parameter"},
    // open, in words about us: relaying
    {Delivery::kAccountRefused, kRcpt, "554 5.7.1 <x%y@host>: Relay access denied"},
    {Delivery::kAccountRefused, kRcpt, "550 relay not permitted"},
    {Delivery::kAccountRefused, kRcpt, "550 5.7.1 Unable to relay for bob@x.test"},
    {Delivery::kAccountRefused, kRcpt, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain"},
    {Delivery::kAccountRefused, kRcpt, "550 5.7.64 TenantAttribution; Relay Access Denied"},
    {Delivery::kAccountRefused, kRcpt, "550 192.0.2.1 is in a black list at zen.example"},
    {Delivery::kAccountRefused, kRcpt, "550 5.7.1 you have reached your limit"},
    {Delivery::kAccountRefused, kRcpt, "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"},
    {Delivery::kAccountRefused, kRcpt, "553 Relaying disallowed as alerts@corp.test"},
    // open, in words about us: sender, name, host
    {Delivery::kAccountRefused, kRcpt, "550 5.1.0 <alerts@corp.test>: Sender address rejected: User unknown"},
    {Delivery::kAccountRefused, kRcpt,
     "550 5.1.1 <alerts@corp.test>: Sender address rejected: User unknown in local recipient table"},
    {Delivery::kAccountRefused, kRcpt, "553 5.7.1 <alerts@corp.test>: Sender address rejected: not owned by user pawl"},
    {Delivery::kAccountRefused, kRcpt, "550 Sender verify failed"},
    {Delivery::kAccountRefused, kRcpt, "553 5.1.8 <alerts@corp.test>: Sender address rejected: Domain not found"},
    {Delivery::kAccountRefused, kRcpt, "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"},
    {Delivery::kAccountRefused, kRcpt, "501 Syntactically invalid EHLO argument(s)"},
    {Delivery::kAccountRefused, kRcpt,
     "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.blocklist.test"},
    {Delivery::kAccountRefused, kDot,
     "554 5.2.252 SendAsDenied; alerts@corp.test not allowed to send as admin@corp.test"},
    {Delivery::kAccountRefused, kDot, "550 5.7.60 SMTP; Client does not have permissions to send as this sender"},
    {Delivery::kAccountRefused, kDot,
     "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients"},
    {Delivery::kAccountRefused, kDot,
     "550 The from address does not match a verified Sender Identity. Mail cannot be sent"},
    {Delivery::kAccountRefused, kDot,
     "554 Message rejected: Email address is not verified. The following identities failed the check"},
    {Delivery::kAccountRefused, kDot,
     "550 5.7.26 Unauthenticated email from corp.test is not accepted due to domain's DMARC policy"},
    {Delivery::kAccountRefused, kDot, "550 5.7.501 Service unavailable. Access denied, spam abuse detected"},
    {Delivery::kAccountRefused, kDot, "550 5.7.705 Service unavailable. Access denied, tenant has exceeded threshold"},
    {Delivery::kAccountRefused, kRcpt, "553 Domain of sender address alerts@corp.test does not exist"},
    {Delivery::kAccountRefused, kRcpt, "553 sorry, your envelope sender is in my badmailfrom list (#5.7.1)"},
    {Delivery::kAccountRefused, kRcpt, "553 [TSS11] All messages from 192.0.2.1 will be permanently deferred"},
    {Delivery::kAccountRefused, kRcpt,
     "550 Verification failed for <alerts@corp.test> Unrouteable address Sender verify failed"},
    // open, in words about us: a login that only some recipients need
    {Delivery::kAccountRefused, kRcpt, "530 5.7.1 Authentication required"},
    {Delivery::kAccountRefused, kDot, "535 5.7.8 no"},
    // open, in words about us: quota
    {Delivery::kAccountRefused, kDot, "550 5.4.6 Unusual sending activity detected. Please try after sometime"},
    {Delivery::kAccountRefused, kRcpt, "552 Too many recipients received this hour"},
    {Delivery::kAccountRefused, kDot, "550 5.7.1 Daily SMTP relay limit exceeded for customer"},
    {Delivery::kAccountRefused, kDot, "550 5.7.232 Your message can't be sent: your trial tenant is over its limit"},
    {Delivery::kAccountRefused, kDot, "550 5.4.5 Daily user sending quota exceeded"},
    {Delivery::kAccountRefused, kRcpt, "550 Daily sending quota exceeded"},
    {Delivery::kAccountRefused, kDot, "552 5.2.2 Daily sending quota exceeded"},
    // open, in words about us that are near those about a recipient
    {Delivery::kAccountRefused, kRcpt, "552 You have exceeded your daily limit"},
    {Delivery::kAccountRefused, kRcpt, "552 5.2.2 300 messages a day are included"},
    {Delivery::kAccountRefused, kDot, "552 5.3.4 Message allotment used up"},
    {Delivery::kAccountRefused, kDot, "552 5.3.1 allowance used up"},
    {Delivery::kAccountRefused, kRcpt, "550 5.2.1 SMTP submission disabled"},
    {Delivery::kAccountRefused, kRcpt, "550 HELO domain does not exist"},
    {Delivery::kAccountRefused, kRcpt, "550 Sender domain not found"},
    {Delivery::kAccountRefused, kRcpt, "550 5.1.2 Sender domain not found"},
    {Delivery::kAccountRefused, kRcpt, "550 Sender mailbox not found"},
    {Delivery::kAccountRefused, kRcpt, "553 http://www.spamhaus.org/query/bl?ip=192.0.2.1"},
    {Delivery::kAccountRefused, kRcpt, "550 No valid PTR record: host not found"},
    {Delivery::kAccountRefused, kRcpt, "550 your host 192.0.2.1 not found: host not found in DNS"},
    {Delivery::kAccountRefused, kRcpt, "550 Invalid HELO: unknown domain"},
    {Delivery::kAccountRefused, kRcpt, "553 Requested action not taken: IP 192.0.2.1 is listed"},
    {Delivery::kAccountRefused, kRcpt, "552 5.2.2 your outbound quota exceeded"},
    {Delivery::kAccountRefused, kRcpt, "552 Too much mail from your host today"},
    {Delivery::kAccountRefused, kRcpt, "554 Rejected: mail user over quota of 500 per day"},
    {Delivery::kAccountRefused, kDot, "554 5.2.2 STOREDRV.Submission; SubmissionQuotaExceededException"},
    {Delivery::kAccountRefused, kRcpt, "550 5.2.1 your account is disabled for sending"},
    {Delivery::kAccountRefused, kDot, "550 5.6.0 Bad sender"},
    {Delivery::kAccountRefused, kRcpt,
     "550 Domain corp.test has exceeded the max emails per hour (500/500 (100%)) allowed. Message discarded."},
    {Delivery::kAccountRefused, kDot, "550 Maximum credits exceeded"},
    {Delivery::kAccountRefused, kDot,
     "554 Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail'"},
    {Delivery::kAccountRefused, kDot, "550 5.7.1 You are not allowed to use this From header"},
    {Delivery::kAccountRefused, kRcpt, "553 5.7.1 not owned by user"},
    // the account: nobody's mail would go
    {Delivery::kSenderRefused, kMail, "552 5.2.2 your daily quota is exceeded"},
    {Delivery::kSenderRefused, kMail, "552 quota exceeded"},
    {Delivery::kSenderRefused, kMail, "550 no"},
    {Delivery::kSenderRefused, kMail, "550 5.7.1 Sender rejected"},
    {Delivery::kSenderRefused, kMail, "501 5.1.7 Bad sender address syntax"},
    {Delivery::kSenderRefused, kMail, "553 5.1.8 bad sender"},
    {Delivery::kSenderRefused, kMail, "550 5.4.5 Daily sending quota exceeded"},
    {Delivery::kSenderRefused, kMail, "530 5.7.0 Must issue a STARTTLS command first"},
    {Delivery::kSenderRefused, kMail, "530 5.7.57 Client not authenticated to send mail"},
};

SmtpReply reply_of(const std::string& text) { return {std::stoi(text), text}; }

}  // namespace

TEST_CASE("each real relay's refusal concerns recipient or message, us, or nobody can tell") {
  for (const Refusal& refusal : kCatalogue) {
    CAPTURE(refusal.reply);
    CHECK(refused_by(refusal.phase, reply_of(refusal.reply)) == refusal.delivery);
  }
}

TEST_CASE("a parameter that other mails do not have never makes a refusal of MAIL everybody's, words about us do") {
  struct Case {
    const char* reply;
    Delivery bare, with_size, with_utf8;
  };
  constexpr auto kOpen = Delivery::kRefused;
  constexpr auto kAccount = Delivery::kAccountRefused;
  constexpr auto kDown = Delivery::kSenderRefused;
  constexpr auto kRejected = Delivery::kRejected;
  for (const Case& each :
       {Case{"550 5.7.1 internationalized mail not permitted here", kDown, kOpen, kOpen},
        Case{"550 no", kDown, kOpen, kOpen}, Case{"550 5.6.7 no", kDown, kOpen, kOpen},
        Case{"552 quota exceeded", kDown, kOpen, kOpen}, Case{"550 limit exceeded", kDown, kAccount, kAccount},
        Case{"550 5.7.1 Sender rejected", kDown, kDown, kAccount},
        Case{"530 5.7.0 log in first", kDown, kDown, kAccount},
        Case{"552 5.3.4 Message size exceeds your limit", kRejected, kRejected, kRejected},
        Case{"550 message too large", kRejected, kRejected, kRejected}}) {
    CAPTURE(each.reply);
    CHECK(refused_by(kMail, reply_of(each.reply)) == each.bare);
    CHECK(refused_by(kMail, reply_of(each.reply), {.size = true}) == each.with_size);
    CHECK(refused_by(kMail, reply_of(each.reply), {.size = true, .utf8 = true}) == each.with_utf8);
  }
}

TEST_CASE("a reply that names our sender's address before anything else is about us, whatever its code") {
  const MailParameters ours{.sender = "Alerts@corp.test"};
  for (const char* reply : {"550 5.1.1 <alerts@corp.test>: User unknown", "550 5.1.1 alerts@CORP.test, who is that?",
                            "552 5.2.2 (alerts@corp.test) over quota", "553 mailbox alerts@corp.test not allowed"}) {
    CAPTURE(reply);
    CHECK(refused_by(kRcpt, reply_of(reply), ours) == Delivery::kAccountRefused);
  }
  for (const char* reply : {"550 5.1.1 User unknown (from=<alerts@corp.test>)", "550 5.1.1 <my-alerts@corp.test>: gone",
                            "550 5.1.1 <alerts@corp.test.x.test>: User unknown"}) {
    CAPTURE(reply);
    CHECK(refused_by(kRcpt, reply_of(reply), ours) == Delivery::kRejected);
  }
}

TEST_CASE("a long reply is judged by its end too, and shown by its beginning") {
  SmtpReplyReader reader;
  for (int i = 0; i < 8; ++i) reader.take("550-" + std::string(150, 'x') + "\r\n");
  REQUIRE(reader.take("550 user unknown\r\n") == SmtpReplyReader::Progress::kComplete);
  SmtpEnding ending;
  ending.phase = kRcpt;
  ending.reply = reader.reply();
  const DeliveryReport report = decide(ending);
  CHECK(report.delivery == Delivery::kRejected);
  CHECK(report.reply.size() <= 500);
}

TEST_CASE("what an address says counts for nothing: it is the recipient's words, not the relay's") {
  for (const char* reply : {"550 5.7.1 <relaying@user-unknown.test>: Access denied",
                            "550 5.7.1 <\"user unknown\"@x.test>: Recipient address rejected: Access denied",
                            "550 5.7.1 sender@dmarc.test: no"}) {
    CAPTURE(reply);
    CHECK(refused_by(kRcpt, reply_of(reply)) == Delivery::kRefused);
  }
}
