// What a mail becomes when the relay fails, refuses, lies or goes silent, at each phase of SMTP.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <future>
#include <new>

#include "tests/temporary_directory.h"
#include "tests/workflows/mail/message/sample_mail.h"
#include "tests/workflows/mail/smtp/callers.h"
#include "tests/workflows/mail/smtp_server.h"
#include "workflows/mail/mail_url.h"
#include "workflows/mail/smtp/connection.h"
#include "workflows/mail/smtp/mailer.h"

using namespace pawl::mail;

namespace {

// Timeouts as short as whole seconds allow; only tests of a silent server use them up.
SmtpOptions impatient(const SmtpServer& server) {
  SmtpOptions options = smtp_options({server.url(), ""});
  options.login_timeout = options.reply_timeout = options.final_timeout = std::chrono::seconds{1};
  return options;
}

DeliveryReport send_one(const SmtpOptions& options) { return SmtpMailer(options).send(sample_envelopes(1)).at(0); }

DeliveryReport send_one(const SmtpServer& server) { return send_one(smtp_options({server.url(), ""})); }

struct Expectation {
  const char* rule;
  Delivery delivery;
};

void check_each(const std::vector<Expectation>& expectations, std::size_t kept,
                const std::vector<std::string>& server_options) {
  SmtpServer server(server_options);
  for (const Expectation& expected : expectations) {
    server.tell("clear");
    server.tell(expected.rule);
    const DeliveryReport report = send_one(impatient(server));
    CAPTURE(expected.rule, report.reply);
    CHECK(report.delivery == expected.delivery);
    CHECK(report.reply.size() <= 500);
  }
  CHECK(server.received().size() == kept);
}

// By relays that take a command at a time, and by those that take all before the body at once.
void check_each(const std::vector<Expectation>& expectations, std::size_t kept) {
  check_each(expectations, kept, {});
  check_each(expectations, kept, {"--pipelining", "always"});
}

}  // namespace

TEST_CASE("a relay that refuses greeting or EHLO is down, one that refuses MAIL FROM our sender; nothing is sent") {
  check_each({{"greeting=421 4.3.2 too busy", Delivery::kRelayDown},
              {"greeting=554 5.7.1 go away", Delivery::kRelayDown},
              {"greeting=drop", Delivery::kRelayDown},
              {"greeting=stall", Delivery::kRelayDown},
              {"greeting=garbage", Delivery::kRelayDown},
              {"ehlo=421 4.3.2 no", Delivery::kRelayDown},
              {"ehlo=550 no", Delivery::kRelayDown},
              {"ehlo=drop", Delivery::kRelayDown},
              {"ehlo=stall", Delivery::kRelayDown},
              {"ehlo=truncate", Delivery::kRelayDown},
              {"ehlo=hang", Delivery::kRelayDown},
              {"ehlo=huge", Delivery::kRelayDown},
              {"mail=530 5.7.0 log in first", Delivery::kSenderRefused},
              {"mail=550 5.1.8 bad sender", Delivery::kSenderRefused}},
             0);
}

TEST_CASE("4yz, drops and silence before the final dot defer a mail, and nothing is sent") {
  check_each({{"mail=421 4.3.2 bye", Delivery::kDeferred},  {"mail=451 4.3.0 later", Delivery::kDeferred},
              {"mail=drop", Delivery::kDeferred},           {"mail=stall", Delivery::kDeferred},
              {"mail=hang", Delivery::kDeferred},           {"rcpt=450 4.7.1 greylisted", Delivery::kDeferred},
              {"rcpt=452 4.2.2 full", Delivery::kDeferred}, {"rcpt=drop", Delivery::kDeferred},
              {"rcpt=stall", Delivery::kDeferred},          {"rcpt=truncate", Delivery::kDeferred},
              {"rcpt=huge", Delivery::kDeferred},           {"rcpt=long-line", Delivery::kDeferred},
              {"rcpt=garbage", Delivery::kDeferred},        {"data=451 4.3.0 later", Delivery::kDeferred},
              {"data=421 4.3.2 bye", Delivery::kDeferred},  {"data=250 what", Delivery::kDeferred},
              {"data=drop", Delivery::kDeferred},           {"data=stall", Delivery::kDeferred},
              {"dot=451 4.3.0 later", Delivery::kDeferred}, {"dot=454 4.7.0 throttled", Delivery::kDeferred}},
             0);
}

TEST_CASE("5yz for recipient, DATA or final dot rejects a mail or leaves open whom it concerns, and nothing is sent") {
  check_each({{"rcpt=550 5.1.1 no such user", Delivery::kRejected},
              {"rcpt=554 5.7.1 access denied", Delivery::kRefused},
              {"rcpt=550 relay not permitted", Delivery::kAccountRefused},
              {"data=554 no", Delivery::kRefused},
              {"dot=554 5.6.0 bad content", Delivery::kRejected},
              {"dot=550 5.7.1 message content rejected", Delivery::kRefused},
              {"dot=552 5.3.4 too large", Delivery::kRejected}},
             0);
}

TEST_CASE("a refused mail costs no login: its connection carries the next ones, whether the relay pipelines or not") {
  for (const std::vector<std::string>& options : {std::vector<std::string>{}, {"--pipelining", "always"}}) {
    SmtpServer server(options);
    SmtpMailer mailer(smtp_options({server.url() + "&connections=1", ""}));
    for (const char* rule :
         {"mail=552 5.3.4 too large", "mail=451 4.3.0 later", "rcpt=550 5.1.1 gone", "rcpt=450 4.7.1 greylisted",
          "rcpt=554 5.7.1 access denied", "data=554 5.7.1 no", "dot=554 5.7.1 content", "dot=451 4.3.0 later"}) {
      CAPTURE(rule);
      server.tell(rule);
      for (int refused = 0; refused < 3; ++refused)
        CHECK(mailer.send(sample_envelopes(1))[0].delivery != Delivery::kAccepted);
      server.tell("clear");
      CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
    }
    CHECK(server.count("CONNECT") == 1);
    CHECK(server.received().size() == 8);
  }
}

TEST_CASE("a relay that wants a body for a refused recipient gets none, and its connection is kept") {
  SmtpServer server({"--pipelining", "always", "--fail", "rcpt*1=550 5.1.1 gone", "--fail", "data*1=go-on"});
  SmtpMailer mailer(smtp_options({server.url() + "&connections=1", ""}));
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kRejected);
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  CHECK(server.count("CONNECT") == 1);
  CHECK(server.received().size() == 1);
}

TEST_CASE("a relay that hangs up on a refused mail has refused it all the same, and the next one logs in") {
  SmtpServer server({"--fail", "rcpt*1=550 5.1.1 gone", "--fail", "rset*1=421 4.7.0 too many errors"});
  SmtpMailer mailer(smtp_options({server.url() + "&connections=1", ""}));
  CHECK(mailer.send(sample_envelopes(1))[0].reply == "550 5.1.1 gone");
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  CHECK(server.count("CONNECT") == 2);
}

TEST_CASE(
    "a mail is in doubt when the relay dies or says nothing complete after the final dot, or neither 250 nor no") {
  check_each({{"dot=drop", Delivery::kInDoubt},
              {"dot=stall", Delivery::kInDoubt},
              {"dot=truncate", Delivery::kInDoubt},
              {"dot=hang", Delivery::kInDoubt},
              {"dot=huge", Delivery::kInDoubt},
              {"dot=long-line", Delivery::kInDoubt},
              {"dot=garbage", Delivery::kInDoubt},
              {"dot=221 2.0.0 bye", Delivery::kInDoubt},
              {"dot=251 2.1.5 will forward", Delivery::kInDoubt}},
             7);
}

TEST_CASE("a mail is accepted once its 250 is there, though the relay drops the connection before QUIT") {
  const SmtpServer server({"--fail", "accepted=drop"});
  SmtpMailer mailer(smtp_options({server.url() + "&connections=1", ""}));
  for (int batch = 0; batch < 3; ++batch)
    for (const DeliveryReport& report : mailer.send(sample_envelopes(2))) CHECK(report.delivery == Delivery::kAccepted);
  CHECK(server.received().size() == 6);
}

TEST_CASE("a refused recipient's silent server is not waited for at QUIT") {
  const SmtpServer server({"--fail", "quit=stall", "--fail", "rcpt=550 5.1.1 no", "--fail", "dot=554 5.6.0 no"});
  CHECK(send_one(server).delivery == Delivery::kRejected);
}

TEST_CASE("a server that is silent at QUIT does not hold up the end of the mailer") {
  const SmtpServer server({"--fail", "quit=stall"});
  SmtpOptions options = smtp_options({server.url(), ""});
  options.login_timeout = options.reply_timeout = options.final_timeout = std::chrono::hours{1};  // Waiting would hang.
  CHECK(send_one(options).delivery == Delivery::kAccepted);
}

TEST_CASE("a connection that the relay closed with 421 while it was idle costs its next mail nothing") {
  SmtpServer server;
  SmtpMailer mailer(smtp_options({server.url() + "&connections=1", ""}));
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  server.tell("mail*1=421 4.4.2 idle too long");
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  server.tell("mail*1=drop");
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  CHECK(server.received().size() == 3);
  CHECK(server.count("CONNECT") == 3);
}

TEST_CASE("a relay that says more than it was asked is left, and its next mail is told by its own answer") {
  const SmtpServer server({"--fail", "accepted*1=more"});
  SmtpMailer mailer(smtp_options({server.url() + "&connections=1", ""}));
  for (int mail = 0; mail < 2; ++mail) CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  CHECK(server.received().at(1)["connection"] != server.received().at(0)["connection"]);
}

TEST_CASE("a connection on which a mail had no answer in time carries no other mail") {
  const SmtpServer server({"--fail", "dot*1=wait=3"});
  SmtpMailer mailer(smtp_options({server.url() + "&connections=1&final-timeout=1", ""}));
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kInDoubt);
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  CHECK(server.received().at(1)["connection"] != server.received().at(0)["connection"]);
}

TEST_CASE("P5: a mail for which memory runs out after its final dot is in doubt, and its connection carries no other") {
  const SmtpServer server({"--fail", "dot*1=stall"});
  SmtpConnection connection(smtp_options({server.url(), ""}));
  const auto fails = [&]() -> bool { return server.count("DOT") == 1 ? throw std::bad_alloc() : false; };
  const SmtpEnding ending = connection.deliver(sample_envelope(), false, {[] {}, fails});
  CHECK(decide(ending).delivery == Delivery::kInDoubt);
  const SmtpEnding next = connection.deliver(sample_envelope(), false, {[] {}, [] { return false; }});
  CHECK(decide(next).delivery == Delivery::kAccepted);
  CHECK(server.count("CONNECT") == 2);
}

TEST_CASE(
    "P5: whatever a transaction's watch throws, the ending tells how far the mail has come, and the slot is free") {
  const SmtpServer server({"--fail", "dot*1=stall"});
  SmtpConnection connection(smtp_options({server.url(), ""}));
  const SmtpEnding unconnected = connection.deliver(sample_envelope(), false, {[] {}, []() -> bool { throw 42; }});
  CHECK_FALSE(unconnected.ok);
  CHECK(unconnected.phase == SmtpPhase::kLogin);
  const auto fails = [&]() -> bool { return server.count("DOT") == 1 ? throw 42 : false; };
  const SmtpEnding ending = connection.deliver(sample_envelope(), false, {[] {}, fails});
  CHECK(decide(ending).delivery == Delivery::kInDoubt);
  const SmtpEnding next = connection.deliver(sample_envelope(), false, {[] {}, [] { return false; }});
  CHECK(decide(next).delivery == Delivery::kAccepted);
}

TEST_CASE("a stalled body ends by timeout, and the final dot is never written") {
  const SmtpServer server({"--fail", "body=stall"});
  Message message = sample_message();
  message.text = encode(std::string(12'000'000, 'x'));
  const auto reports = SmtpMailer(impatient(server)).send(std::vector{seal(message)});
  CHECK(reports[0].delivery == Delivery::kDeferred);
  CHECK(server.count("DOT") == 0);
}

TEST_CASE("a mail that timed out before its body never gets a final dot") {
  SmtpServer server({"--fail", "rcpt=wait=3"});
  CHECK(send_one(impatient(server)).delivery == Delivery::kDeferred);
  server.tell("clear");
  CHECK(send_one(server).delivery == Delivery::kAccepted);
  CHECK(server.received().size() == 1);
}

TEST_CASE("a message larger than the relay takes is rejected before it is sent") {
  const SmtpServer server({"--size", "100"});
  const DeliveryReport report = send_one(server);
  CHECK(report.delivery == Delivery::kRejected);
  CHECK(report.reply.starts_with("552 "));
  CHECK(server.count("DATA") == 0);
}

TEST_CASE("a relay without the STARTTLS that is required is down, and sees no mail and no password") {
  const SmtpServer server;
  const std::string url = "smtp://pawl@127.0.0.1:" + std::to_string(server.port()) + "?tls=required";
  const DeliveryReport report = send_one(smtp_options({url, "secret"}));
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(report.reply.find("?tls=none") != std::string::npos);
  CHECK(server.count("AUTH") == 0);
  CHECK(server.count("MAIL") == 0);
}

TEST_CASE("a relay that refuses STARTTLS is down, and sees no mail") {
  const SmtpServer server({"--tls", "starttls", "--fail", "starttls=454 4.7.0 TLS not available"});
  CHECK(send_one(server).delivery == Delivery::kRelayDown);
  CHECK(server.count("MAIL") == 0);
}

TEST_CASE("a relay whose certificate does not verify is down, and sees no mail") {
  for (const std::string tls : {"starttls", "implicit"}) {
    const SmtpServer unknown({"--tls", tls});
    const std::string untrusting = unknown.url().substr(0, unknown.url().find('?'));
    CHECK(send_one(smtp_options({untrusting, ""})).delivery == Delivery::kRelayDown);
    CHECK(unknown.count("MAIL") == 0);
    const SmtpServer other_host({"--tls", tls, "--certificate-name", "other.test"});
    CHECK(send_one(other_host).delivery == Delivery::kRelayDown);
    CHECK(other_host.count("MAIL") == 0);
  }
}

TEST_CASE("a wrong password is a refused login: one try for a whole call, no recipient blamed, no secret told") {
  const SmtpServer server({"--tls", "starttls", "--login", "pawl:right"});
  const auto reports = make_mailer({server.url("pawl"), "wr0ng-secret"})->send(sample_envelopes(20));
  REQUIRE(reports.size() == 20);
  for (const DeliveryReport& report : reports) {
    CHECK(report.delivery == Delivery::kLoginRefused);
    CHECK(report.reply.find("535 5.7.8") != std::string::npos);
    CHECK(report.reply.find("wr0ng-secret") == std::string::npos);
  }
  CHECK(server.count("CONNECT") == 1);
  CHECK(server.count("MAIL") == 0);
}

TEST_CASE("calls that come after a refused login try it no more until the password file is another") {
  const SmtpServer server({"--login", "pawl:right"});
  const pawl::tests::TemporaryDirectory directory;
  const std::string file = directory.path() + "/password";
  std::ofstream(file) << "wrong\n";
  SmtpOptions options = smtp_options({.url = server.url("pawl"), .password = "", .password_file = file});
  SmtpMailer mailer(options);
  for (int call = 0; call < 3; ++call) CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kLoginRefused);
  CHECK(server.count("CONNECT") == 1);
  CHECK(server.count("AUTH") == 2);  // a second mechanism, once
  std::ofstream(file) << "right\n";
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
}

TEST_CASE("a relay that is not there or has no such name is down for the whole batch") {
  int port = 0;
  {
    const SmtpServer gone;
    port = gone.port();
  }
  for (const std::string& url :
       {"smtp://127.0.0.1:" + std::to_string(port), std::string("smtp://no-such-host.invalid")}) {
    const auto reports = make_mailer({url, ""})->send(sample_envelopes(20));
    REQUIRE(reports.size() == 20);
    for (const DeliveryReport& report : reports) {
      CHECK(report.delivery == Delivery::kRelayDown);
      CHECK(report.reply.find("mail relay smtp://") != std::string::npos);
    }
  }
}

TEST_CASE("a relay that comes back takes the next batch") {
  SmtpServer server({"--fail", "greeting=421 4.3.2 down"});
  const auto mailer = make_mailer({server.url(), ""});
  CHECK(mailer->send(sample_envelopes(3))[2].delivery == Delivery::kRelayDown);
  server.tell("clear");
  for (const DeliveryReport& report : mailer->send(sample_envelopes(3))) CHECK(report.delivery == Delivery::kAccepted);
}

TEST_CASE("a relay that takes fewer connections than we have gets every mail over those it takes") {
  SmtpServer server(
      {"--fail", "greeting*1=ok", "--fail", "greeting*1=ok", "--fail", "greeting=421 4.7.0 too many connections"});
  const auto mailer = make_mailer({server.url(), ""});
  for (const DeliveryReport& report : send_from_many(*mailer, sample_envelopes(30)))
    CHECK(report.delivery == Delivery::kAccepted);
  CHECK(server.received().size() == 30);
}

TEST_CASE("an interrupted mail is in doubt after its final dot, not sent before, and the mailer sends on afterwards") {
  struct Stage {
    const char* rule;
    const char* reached;
    Delivery delivery;
  };
  for (const Stage& stage : {Stage{"dot=stall", "DOT", Delivery::kInDoubt},
                             {"rcpt=stall", "RCPT", Delivery::kDeferred},
                             {"greeting=stall", "CONNECT", Delivery::kDeferred}}) {
    CAPTURE(stage.rule);
    SmtpServer server({"--fail", stage.rule});
    SmtpOptions options = smtp_options({server.url() + "&connections=1", ""});
    options.login_timeout = options.reply_timeout = options.final_timeout =
        std::chrono::hours{1};  // Waiting would hang.
    SmtpMailer mailer(options);
    const auto envelopes = sample_envelopes(4);
    auto stalled = std::async(std::launch::async, [&] { return mailer.send({&envelopes[0], 2}); });
    while (server.count(stage.reached) == 0) std::this_thread::yield();
    auto waiting = std::async(std::launch::async, [&] { return mailer.send({&envelopes[2], 1}); });
    mailer.interrupt();
    const auto reports = stalled.get();
    CHECK(reports[0].delivery == stage.delivery);
    CHECK(reports[1].delivery == Delivery::kDeferred);
    do mailer.interrupt();  // The other may have begun after the first one.
    while (waiting.wait_for(std::chrono::milliseconds{50}) == std::future_status::timeout);
    CHECK(waiting.get()[0].delivery != Delivery::kAccepted);
    server.tell("clear");
    CHECK(mailer.send({&envelopes[3], 1})[0].delivery == Delivery::kAccepted);
  }
}

TEST_CASE("an address with line ends or other commands in it is rejected and never reaches the wire") {
  const SmtpServer server;
  std::vector<Envelope> envelopes = sample_envelopes(3);
  envelopes[1].to = "ada@harbour.test>\r\nRCPT TO:<eve@evil.test";
  envelopes[2].from = "alerts@depositlink.test>\r\nRSET";
  const auto reports = make_mailer({server.url(), ""})->send(envelopes);
  CHECK(reports[0].delivery == Delivery::kAccepted);
  CHECK(reports[1].delivery == Delivery::kRejected);
  CHECK(reports[1].reply == "not sent: the address has control characters in it");
  CHECK(reports[2].delivery != Delivery::kAccepted);
  CHECK(server.count("RCPT") == 1);
  CHECK(server.count("MAIL") == 1);
  CHECK(server.count("RSET") == 0);
}
