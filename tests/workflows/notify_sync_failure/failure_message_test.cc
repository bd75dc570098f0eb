// The mail about a failed sync, as the step sends it.
#include "workflows/notify_sync_failure/failure_message.h"

#include <catch2/catch.hpp>

#include "tests/workflows/notify_sync_failure/doubles.h"
#include "workflows/mail/send_mail.h"

using namespace pawl::notify_sync_failure;
using pawl::mail::MailReceipt;
using pawl::mail::MailRequest;

namespace {

struct FailureMessageFixture {
  MemoryLedger ledger;
  MemoryMailer mailer;
  FailureWriter writer{AppUrl("https://app.example.com")};
  pawl::mail::SendMail step{"send-email", ledger, mailer, {"alerts@depositlink.example", "DepositLink"}, {}};
  StepCall<MailRequest, MailReceipt> call{step};

  void add(const std::string& user_id, const std::string& event_id = kEventId) {
    call.add({std::make_shared<FailureMessage>(writer, shared(), "Acme Lettings"), kOrgId, user_id}, event_id);
  }
};

std::string references(const std::string& bytes) {
  const std::size_t begin = bytes.find("\r\nReferences: ");
  return begin == std::string::npos ? "none" : bytes.substr(begin, bytes.find("\r\n", begin + 2) - begin);
}

}  // namespace

TEST_CASE_METHOD(FailureMessageFixture,
                 "the mail is urgent, says what failed, and belongs to its connection's thread") {
  add("olive");
  add("olive", "0b0c0000-0000-4000-8000-0000000000ff");
  call.execute();
  REQUIRE(mailer.sent.size() == 2);
  for (const pawl::mail::Envelope& mail : mailer.sent) {
    CHECK_THAT(mail.bytes, Catch::Contains("\r\nSubject: [Urgent] Reapit sync failed - Acme Lettings\r\n"));
    CHECK_THAT(mail.bytes, Catch::Contains("\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"
                                           "X-Auto-Response-Suppress: All\r\nImportance: high\r\n"));
  }
  CHECK(references(mailer.sent[0].bytes) != "none");
  CHECK(references(mailer.sent[0].bytes) == references(mailer.sent[1].bytes));
  CHECK(mailer.sent[0].message_id != mailer.sent[1].message_id);
}

TEST_CASE_METHOD(FailureMessageFixture,
                 "each reader's mail has the times of his own zone, and of UTC where his is unknown") {
  ledger.time_zones = {{"olive", "Australia/Sydney"}, {"adam", "Mars/Olympus"}, {"eve", ""}};
  for (const char* user : {"olive", "adam", "eve"}) add(user);
  call.execute();
  REQUIRE(mailer.sent.size() == 3);
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("24 November 2026, 14:00 AEDT (UTC+11:00)"));
  for (std::size_t mail : {1, 2})
    CHECK_THAT(mailer.sent[mail].bytes, Catch::Contains("24 November 2026, 03:00 UTC\r\n"));
}
