// What SendMail makes of each answer of ledger and mailer, and that it never sends twice what it knows to be sent.
#include "workflows/mail/send_mail.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/workflows/mail/send_mail_fixture.h"

using namespace pawl::mail;
using pawl::engine::FailedForGood;
using pawl::engine::FailedForNow;
using pawl::engine::Refused;
using pawl::engine::ServiceDown;
using pawl::engine::Succeeded;

namespace {

// Keeps the mails to one address waiting until it is interrupted, as a relay that stalls after the final dot does.
struct StallingMailer final : Mailer {
  std::string stalls;
  std::mutex mutex;
  std::condition_variable changed;
  bool stalled = false;
  bool interrupted = false;

  std::vector<DeliveryReport> send(std::span<const Envelope> envelopes) override {
    std::unique_lock lock(mutex);
    if (envelopes[0].to != stalls) return {{Delivery::kAccepted, "250 queued"}};
    stalled = true;
    changed.notify_all();
    changed.wait(lock, [&] { return interrupted; });
    return {{Delivery::kInDoubt, "broken off"}};
  }
  std::size_t width() const override { return 1; }
  std::size_t calls() const override { return 4; }
  void interrupt() override {
    const std::lock_guard lock(mutex);
    interrupted = true;
    changed.notify_all();
  }
  void await_stall() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stalled; });
  }
};

}  // namespace

TEST_CASE_METHOD(SendMailFixture, "an accepted mail succeeds with the server's reply, and the ledger says so") {
  auto call = call_for({"olive"});
  call.execute();
  REQUIRE(call.succeeded());
  CHECK(call.output().state == "accepted");
  CHECK(call.output().detail == "250 queued");
  CHECK(ledger.row("olive").state == "accepted");
  REQUIRE(mailer.sent.size() == 1);
  CHECK(mailer.sent[0].from == "alerts@depositlink.example");
  CHECK(mailer.sent[0].to == "olive@example.com");
}

TEST_CASE_METHOD(SendMailFixture, "the mail is dated by its claim, names its reader and says what the content says") {
  ledger.now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24} + std::chrono::hours{3};
  auto call = call_for({"olive"});
  call.add(request("olive"), "0b0c0000-0000-4000-8000-0000000000ff");
  call.execute();
  REQUIRE(mailer.sent.size() == 2);
  for (const Envelope& mail : mailer.sent) {
    CHECK_THAT(mail.bytes, Catch::Contains("\r\nDate: Tue, 24 Nov 2026 03:00:00 +0000\r\n"));
    CHECK_THAT(mail.bytes, Catch::Contains("Olive Owner") && Catch::Contains("<olive@example.com>"));
    CHECK_THAT(mail.bytes, Catch::Contains("\r\nSubject: A note\r\n"));
  }
  CHECK(mailer.sent[0].message_id != mailer.sent[1].message_id);
}

TEST_CASE_METHOD(SendMailFixture, "a mail that the ledger knows as accepted is not sent again") {
  ledger.rows[{kEventId, "send-email", "olive"}] = {"accepted", "250 long ago", 0};
  auto call = call_for({"olive"});
  call.execute();
  REQUIRE(call.succeeded());
  CHECK(call.output().state == "accepted");
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(SendMailFixture, "whoever is no longer eligible is suppressed with the reason, which is no error") {
  ledger.demoted.insert("olive");
  auto call = call_for({"olive"});
  call.execute();
  REQUIRE(call.succeeded());
  CHECK(call.output().state == "suppressed");
  CHECK(call.output().detail == "no longer told");
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(SendMailFixture, "an unusable address is suppressed with the reason, and the ledger says so") {
  for (const char* address : {"", "olive", "olive@example.com\r\nRCPT TO:<x@y>", "olive@💩.example", "a b@c.d"}) {
    ledger.emails["olive"] = address;
    auto call = call_for({"olive"});
    call.execute();
    INFO(address);
    REQUIRE(call.succeeded());
    CHECK(call.output().state == "suppressed");
    CHECK(call.output().detail.starts_with("not sent: the "));
    CHECK(ledger.row("olive").state == "suppressed");
  }
  CHECK(mailer.sent.empty());
}

TEST_CASE_METHOD(SendMailFixture, "an address is sent to as it is meant, in the envelope and in To:") {
  ledger.emails["olive"] = "\u00A0Info@Bücher.example ";
  auto call = call_for({"olive"});
  call.execute();
  REQUIRE(mailer.sent.size() == 1);
  CHECK(mailer.sent[0].to == "Info@xn--bcher-kva.example");
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("<Info@xn--bcher-kva.example>\r\n"));
}

TEST_CASE_METHOD(SendMailFixture, "each answer of the mailer settles its own item and no other") {
  mailer.answers["refused@example.com"] = {Delivery::kRejected, "550 5.1.1 no such user"};
  mailer.answers["greylisted@example.com"] = {Delivery::kDeferred, "451 try later"};
  mailer.answers["dropped@example.com"] = {Delivery::kInDoubt, "the connection died after the final dot"};
  auto call = call_for({"refused", "greylisted", "dropped", "olive"});
  call.execute();

  CHECK(reason_of<FailedForGood>(call, 0) == "rejected: 550 5.1.1 no such user");
  CHECK(std::get<FailedForGood>(call.outcome(0)).code == "5.1.1");
  CHECK(reason_of<FailedForNow>(call, 1) == "451 try later");
  CHECK(std::get<FailedForNow>(call.outcome(1)).code == "451");
  CHECK(std::get<FailedForNow>(call.outcome(2)).code == "in-doubt");
  CHECK(reason_of<FailedForNow>(call, 2) == "in doubt: the connection died after the final dot");
  CHECK(call.succeeded(3));
  CHECK(ledger.row("refused").state == "rejected");
  CHECK(ledger.row("greylisted").state == "deferred");
  CHECK(ledger.row("dropped").state == "in_doubt");
  CHECK(ledger.row("olive").state == "accepted");
}

TEST_CASE_METHOD(SendMailFixture,
                 "a relay that is down blames no recipient: the item is unavailable, the mail deferred") {
  mailer.answers["olive@example.com"] = {Delivery::kRelayDown, "421 go away"};
  auto call = call_for({"olive"});
  call.execute();
  CHECK(reason_of<ServiceDown>(call) == "421 go away");
  CHECK(ledger.row("olive").state == "deferred");
}

TEST_CASE_METHOD(SendMailFixture, "a login that is refused is tried again after minutes, and says so") {
  mailer.answers["olive@example.com"] = {Delivery::kLoginRefused, "535 5.7.8 no"};
  auto call = call_for({"olive"});
  call.execute();
  const auto& down = std::get<ServiceDown>(call.outcome());
  CHECK(down.waits.first == std::chrono::minutes{1});
  CHECK(down.waits.longest == std::chrono::minutes{15});
  CHECK_THAT(down.reason, Catch::StartsWith("535 5.7.8 no; login refused"));
  CHECK(ledger.row("olive").reply == "535 5.7.8 no");
}

TEST_CASE_METHOD(SendMailFixture,
                 "a refusal that may be anybody's names organisation and domain, and the mail is deferred") {
  ledger.emails["olive"] = "olive@Harbour.Example";
  mailer.answers["olive@Harbour.Example"] = {Delivery::kRefused, "554 5.7.1 denied"};
  mailer.answers["adam@example.com"] = {Delivery::kAccountRefused, "550 relay not permitted"};
  auto call = call_for({"olive", "adam"});
  call.execute();
  const auto& denied = std::get<Refused>(call.outcome(0));
  CHECK(denied.reason == "554 5.7.1 denied");
  CHECK(denied.subject == kOrgId + " harbour.example");
  CHECK_FALSE(denied.names_account);
  CHECK(std::get<Refused>(call.outcome(1)).names_account);
  for (const char* user : {"olive", "adam"}) CHECK(ledger.row(user).state == "deferred");
}

TEST_CASE_METHOD(SendMailFixture, "only a mail that the relay took just now tells that it takes mails") {
  ledger.demoted.insert("gone");
  auto call = call_for({"olive", "gone"});
  call.execute();
  CHECK(std::get<Succeeded>(call.outcome(0)).accepted);
  CHECK_FALSE(std::get<Succeeded>(call.outcome(1)).accepted);
  call.execute();
  CHECK_FALSE(std::get<Succeeded>(call.outcome(0)).accepted);
}

TEST_CASE_METHOD(SendMailFixture, "a mail in doubt is sent again with the same bytes under the policy to resend") {
  mailer.answers["olive@example.com"] = {Delivery::kInDoubt, "dropped"};
  auto call = call_for({"olive"});
  call.execute();
  mailer.answers.clear();
  ledger.now += std::chrono::hours{20};
  call.execute();
  CHECK(call.succeeded());
  REQUIRE(mailer.sent.size() == 2);
  CHECK(mailer.sent[0].bytes == mailer.sent[1].bytes);
  CHECK(mailer.sent[0].message_id == mailer.sent[1].message_id);
}

TEST_CASE_METHOD(SendMailFixture,
                 "a mail that was surely not sent is dated anew, so that it is not sent with yesterday's date") {
  mailer.answers["olive@example.com"] = {Delivery::kDeferred, "451 try later"};
  ledger.now = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};
  auto call = call_for({"olive"});
  call.execute();
  ledger.now += std::chrono::hours{20};
  call.execute();
  REQUIRE(mailer.sent.size() == 2);
  CHECK_THAT(mailer.sent[1].bytes, Catch::Contains("\r\nDate: Tue, 24 Nov 2026 20:00:00 +0000\r\n"));
}

TEST_CASE_METHOD(SendMailFixture, "each reader's mail is drafted for the time zone that the ledger knows of him") {
  ledger.time_zones = {{"olive", "Australia/Sydney"}, {"eve", ""}};
  auto call = call_for({"olive", "eve"});
  call.execute();
  REQUIRE(mailer.sent.size() == 2);
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("Read in Australia/Sydney."));
  CHECK_THAT(mailer.sent[1].bytes, Catch::Contains("Read in no zone."));
}

TEST_CASE_METHOD(SendMailFixture, "a mail in doubt fails and is left to an operator under the policy to hold") {
  ledger.holds_in_doubt = true;
  mailer.answers["olive@example.com"] = {Delivery::kInDoubt, "dropped"};
  auto call = call_for({"olive"});
  call.execute();
  call.execute();
  CHECK(reason_of<FailedForGood>(call) == "in doubt: dropped; held for an operator");
  CHECK(mailer.sent.size() == 1);
}

TEST_CASE_METHOD(SendMailFixture,
                 "a mail that the relay keeps waiting holds up no other, and an interrupt leaves it in doubt") {
  StallingMailer stalling;
  stalling.stalls = "olive@example.com";
  SendMail slow("send-email", ledger, stalling, {"alerts@depositlink.example", ""}, {});
  StepCall<MailRequest, MailReceipt> olive(slow), adam(slow);
  olive.add(request("olive"));
  adam.add(request("adam"));
  std::thread held([&] { olive.execute(); });
  stalling.await_stall();
  adam.execute();
  CHECK(adam.succeeded());
  CHECK(ledger.row("adam").state == "accepted");
  CHECK(ledger.row("olive").state == "sending");
  slow.interrupt();
  held.join();
  CHECK(reason_of<FailedForNow>(olive) == "in doubt: broken off");
  CHECK(ledger.row("olive").state == "in_doubt");
}

TEST_CASE_METHOD(SendMailFixture, "a server's reply goes into the ledger clean and bounded") {
  mailer.answers["olive@example.com"] = {Delivery::kRejected, "550 \x1b[31mbad\xff " + std::string(100'000, 'y')};
  auto call = call_for({"olive"});
  call.execute();
  const std::string reply = ledger.row("olive").reply;
  CHECK(reply.starts_with("550 [31mbad\uFFFD yyy"));
  CHECK(reply.size() < 600);
}

TEST_CASE_METHOD(SendMailFixture, "two people with one mailbox get a mail each, under ids of their own") {
  ledger.emails["olive"] = ledger.emails["adam"] = "office@example.com";
  auto call = call_for({"olive", "adam"});
  call.execute();
  REQUIRE(mailer.sent.size() == 2);
  CHECK(mailer.sent[0].to == mailer.sent[1].to);
  CHECK(mailer.sent[0].message_id != mailer.sent[1].message_id);
}

TEST_CASE_METHOD(SendMailFixture, "the fan-out of mails is keyed by the user's id") {
  CHECK(step.name() == "send-email");
  CHECK(step.key(request("olive")) == "olive");
}

TEST_CASE_METHOD(SendMailFixture, "an unusable sender is refused with what is accepted") {
  const auto step_of = [&](const Sender& sender) { SendMail("send-email", ledger, mailer, sender); };
  CHECK_THROWS_WITH(step_of({"DepositLink <a@b.example>", ""}),
                    Catch::Contains("give a bare address such as alerts@example.com"));
  CHECK_THROWS_AS(step_of({"", ""}), pawl::engine::RefusedError);
  std::string long_host = "alerts@";
  for (int i = 0; i < 110; ++i) long_host += "a.";
  CHECK_THROWS_WITH(step_of({long_host + "example", ""}), Catch::Contains("too long for a message id"));
  CHECK_THROWS_WITH(step_of({"a@b.example", "", "help", ""}),
                    Catch::StartsWith("address for replies of mail \"help\": "));
  CHECK_THROWS_WITH(step_of({"a@b.example", "", "", "<>"}), Catch::StartsWith("envelope sender of mail \"<>\": "));
}

TEST_CASE_METHOD(SendMailFixture,
                 "a sender has a name, an address for replies and one for bounces, each checked as its address is") {
  SendMail of_help("send-email", ledger, mailer,
                   {"alerts@b.example", "DepositLink", " help@bücher.example", "bounces@b.example"});
  StepCall<MailRequest, MailReceipt> call(of_help);
  call.add(request("olive"));
  call.execute();
  REQUIRE(mailer.sent.size() == 1);
  CHECK(mailer.sent[0].from == "bounces@b.example");
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("From: \"DepositLink\" <alerts@b.example>\r\n"
                                                   "Reply-To: <help@xn--bcher-kva.example>\r\n"));
}

TEST_CASE_METHOD(SendMailFixture,
                 "a content that cannot be composed fails or defers its own mail, which was not sent") {
  struct Broken final : MailContent {
    bool for_good = false;
    void draft(Message&, const std::string&) const override {
      if (for_good) throw pawl::engine::PermanentError("no subject");
      throw std::runtime_error("no template");
    }
  };
  const auto broken = std::make_shared<Broken>();
  broken->for_good = GENERATE(true, false);
  StepCall<MailRequest, MailReceipt> call(step);
  call.add({broken, kOrgId, "adam"});
  call.add(request("olive"));
  call.execute();
  CHECK(call.succeeded(1));
  CHECK(mailer.sent.size() == 1);
  if (broken->for_good) {
    CHECK(reason_of<FailedForGood>(call) == "rejected: not sent: no subject");
    CHECK(ledger.row("adam").state == "rejected");
  } else {
    CHECK(reason_of<FailedForNow>(call) == "not sent: no template");
    CHECK(ledger.row("adam").state == "deferred");
  }
}

TEST_CASE_METHOD(SendMailFixture, "a content may say something else to each reader, and marks its mail as it likes") {
  struct Greeting final : MailContent {
    void draft(Message& message, const std::string&) const override { message.extra_fields = {{"Importance", "low"}}; }
    void address(Message& draft, const Reader& reader) const override {
      MailContent::address(draft, reader);
      draft.subject = "Good morning, " + reader.safe_name;
    }
  };
  StepCall<MailRequest, MailReceipt> call(step);
  call.add({std::make_shared<Greeting>(), kOrgId, "olive"});
  call.execute();
  REQUIRE(mailer.sent.size() == 1);
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("\r\nSubject: Good morning, Olive Owner\r\n") &&
                                       Catch::Contains("\r\nImportance: low\r\n") &&
                                       !Catch::Contains("Auto-Submitted"));
}

TEST_CASE_METHOD(SendMailFixture, "what may have been claimed before says so") {
  StepCall<MailRequest, MailReceipt> call(step);
  for (const auto& event : fresh_redelivered_and_resumed()) call.add(request("olive"), event);
  call.execute();
  REQUIRE(ledger.asked.size() == 3);
  CHECK_FALSE(ledger.asked[0].again);
  CHECK(ledger.asked[1].again);
  CHECK(ledger.asked[2].again);
}

TEST_CASE_METHOD(SendMailFixture, "a reader's name is made plain before it is in a mail") {
  ledger.full_name = "Olive\r\n\tOwner\u202E";
  auto call = call_for({"olive"});
  call.execute();
  REQUIRE(mailer.sent.size() == 1);
  CHECK_THAT(mailer.sent[0].bytes, Catch::Contains("\r\nTo: \"Olive Owner\" <olive@example.com>\r\n"));
}

TEST_CASE_METHOD(SendMailFixture, "a mail is claimed and named by workflow, event, step and recipient") {
  SendMail other("send-reminder", ledger, mailer, step.sender());
  StepCall<MailRequest, MailReceipt> of_one_workflow(step), of_another(step, "remind"), by_another_step(other);
  for (auto* call : {&of_one_workflow, &of_another, &by_another_step}) {
    call->add(request("olive"));
    call->execute();
    ledger.rows.clear();
  }
  REQUIRE(ledger.asked.size() == 3);
  CHECK(ledger.asked[1].workflow == "remind");
  CHECK(ledger.asked[0].step == "send-email");
  CHECK(ledger.asked[2].step == "send-reminder");
  std::set<std::string> ids;
  for (const auto& mail : mailer.sent) ids.insert(mail.message_id);
  CHECK(ids.size() == 3);
}

TEST_CASE_METHOD(SendMailFixture, "a shared mailbox's mail goes to the next user where an address became unusable") {
  StepCall<MailRequest, MailReceipt> call(step);
  MailRequest shared = request("adam");
  shared.same_mailbox = {"bea", "olive"};
  ledger.emails = {{"adam", "nobody"}, {"bea", ""}};
  SECTION("while any has one") {
    call.add(shared);
    call.execute();
    REQUIRE(mailer.sent.size() == 1);
    CHECK(mailer.sent[0].to == "olive@example.com");
    CHECK(call.output().state == "accepted");
    CHECK(ledger.row("olive").state == "accepted");
    CHECK(ledger.row("adam").reply == "not sent: the address has no @");
  }
  SECTION("and if none has, says why") {
    ledger.emails["olive"] = "";
    call.add(shared);
    call.execute();
    CHECK(mailer.sent.empty());
    CHECK(call.output().state == "suppressed");
    CHECK(call.output().detail == "not sent: the address is empty");
    CHECK(ledger.row("olive").state == "suppressed");
  }
  for (const char* user : {"adam", "bea"}) CHECK(ledger.row(user).state == "suppressed");
}
