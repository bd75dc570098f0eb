// Mail over real SMTP to a server and a parser that are not ours.
#include "workflows/mail/smtp/mailer.h"

#include <catch2/catch.hpp>
#include <thread>

#include "engine/authoring/errors.h"
#include "tests/workflows/mail/message/sample_mail.h"
#include "tests/workflows/mail/smtp/callers.h"
#include "tests/workflows/mail/smtp_server.h"
#include "workflows/mail/mail_url.h"

using namespace pawl::mail;

namespace {

void check_all_accepted(const std::vector<DeliveryReport>& reports, std::size_t count) {
  REQUIRE(reports.size() == count);
  for (const DeliveryReport& report : reports) {
    CHECK(report.reply == "250 2.0.0 OK kept");
    CHECK(report.delivery == Delivery::kAccepted);
  }
}

}  // namespace

TEST_CASE(
    "P8: a call may take as long as it waits for a connection, finds it dead, and sends, by the relay's timeouts") {
  const auto mailer = make_mailer({"smtp://127.0.0.1:1?tls=none&login-timeout=1&reply-timeout=2&final-timeout=4", ""});
  CHECK(mailer->longest_call() == std::chrono::seconds{3 * (1 + 3 * 2 + 4)});
}

TEST_CASE("P8: a mail for which no connection is free for as long as a mail may take is not sent, and says so") {
  const SmtpServer server({"--fail", "dot=stall"});
  SmtpMailer mailer(
      smtp_options({server.url() + "&connections=1&login-timeout=1&reply-timeout=1&final-timeout=1", ""}));
  constexpr std::size_t kCalls = 12;  // of which each keeps the connection for a second
  const auto envelopes = sample_envelopes(kCalls);
  std::vector<DeliveryReport> reports(kCalls);
  std::vector<std::thread> callers;
  for (std::size_t i = 0; i < kCalls; ++i)
    callers.emplace_back([&, i] { reports[i] = mailer.send({&envelopes[i], 1}).at(0); });
  for (std::thread& caller : callers) caller.join();
  std::size_t given_up = 0;
  for (const DeliveryReport& report : reports) {
    if (report.delivery == Delivery::kInDoubt) continue;
    ++given_up;
    CHECK(report.delivery == Delivery::kDeferred);
    CHECK(report.reply == "not sent: no connection to the relay was free for 5 s");
  }
  CHECK(given_up > 0);
  CHECK(given_up < kCalls);
}

TEST_CASE("a mail sent in plain arrives with both parts and every header as another parser reads them") {
  const SmtpServer server;
  const Message message = sample_message();
  check_all_accepted(make_mailer({server.url(), ""})->send(std::vector{seal(message)}), 1);
  REQUIRE(server.received().size() == 1);
  const nlohmann::json mail = server.received()[0];
  CHECK(mail["envelope_from"] == "alerts@depositlink.test");
  CHECK(mail["envelope_to"] == std::vector<std::string>{"ada@harbour.test"});
  CHECK(mail["from"] == "DepositLink <alerts@depositlink.test>");
  CHECK(mail["to"] == "Ada Lovelace <ada@harbour.test>");
  CHECK(mail["subject"] == "[Urgent] Reapit sync failed - Harbour Lettings");
  CHECK(mail["text"] == kSampleText);
  CHECK(mail["html"] == kSampleHtml);
  CHECK(mail["parts"] == std::vector<std::string>{"multipart/alternative", "text/plain", "text/html"});
  CHECK(mail["defects"].empty());
  CHECK(mail["raw"] == render(message));
  std::vector<std::string> names;
  for (const auto& field : mail["headers"]) names.push_back(field[0]);
  CHECK(names == std::vector<std::string>{"From", "To", "Subject", "Date", "Message-ID", "References", "MIME-Version",
                                          "Auto-Submitted", "X-Auto-Response-Suppress", "Importance", "Content-Type"});
}

TEST_CASE("hostile names, subjects and bodies arrive as text, add no header, and break no part") {
  const SmtpServer server;
  Message message = sample_message();
  message.to_name = "Zoë \"Z\" O'Hara\r\nBcc: eve@evil.test";
  message.subject = "Größe\r\n\r\n<b>日本語</b>\n.\n \u202Eevil 👩‍👩‍👧 " + std::string(300, 'x');
  message.text = encode("line\r\n.\r\nMAIL FROM:<eve@evil.test>\n\xff end\n");
  message.html = encode("<p>--=_boundary\n\n.</p>");
  message.extra_fields = {{"X-Note", "a\r\nX-Evil: 1"}};
  check_all_accepted(make_mailer({server.url(), ""})->send(std::vector{seal(message)}), 1);
  const nlohmann::json mail = server.received().at(0);
  CHECK(mail["to"] == "\"Zoë \\\"Z\\\" O'Hara Bcc: eve@evil.test\" <ada@harbour.test>");
  CHECK(mail["subject"] == "Größe <b>日本語</b> . evil 👩‍👩‍👧 " + std::string(300, 'x'));
  CHECK(mail["text"] == "line\n.\nMAIL FROM:<eve@evil.test>\n\uFFFD end\n");
  CHECK(mail["html"] == "<p>--=_boundary\n\n.</p>");
  CHECK(mail["headers"].size() == 9);
  CHECK(mail["headers"][7][1] == "a X-Evil: 1");
  CHECK(mail["defects"].empty());
}

TEST_CASE("bodies of either encoding are read by a real parser as they were written") {
  const SmtpServer server;
  const std::vector<std::string> texts = {
      "",
      "\n",
      " \n\t\n \n",
      "a=b, 100 % \n=3D=\n",
      ".\n..\n.a\nFrom ada\n From\nFrom",
      std::string(75, 'x') + " \n" + std::string(76, 'y') + "\n" + std::string(74, ' '),
      std::string(200, '=') + std::string(2000, 'z') + "é",
      std::string(74, 'x') + "é" + std::string(73, 'x') + "=\n",
      "日本語の組織名です\n",
      "\x01\x7f ctrl and much more text beside them\n"};
  std::vector<Envelope> envelopes;
  for (const std::string& text : texts) {
    Message message = sample_message();
    message.text = message.html = encode(text);
    envelopes.push_back(seal(message));
  }
  const auto mailer = make_mailer({server.url() + "&connections=1", ""});
  check_all_accepted(mailer->send(envelopes), envelopes.size());
  const auto received = server.received();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    INFO(envelopes[i].bytes);
    CHECK(received.at(i)["text"] == texts[i]);
    CHECK(received.at(i)["html"] == texts[i]);
    CHECK(received.at(i)["defects"].empty());
  }
}

TEST_CASE("replies go where they are to go, and bounces to the envelope's sender") {
  const SmtpServer server;
  Message message = sample_message();
  message.reply_to = "support@depositlink.test";
  message.envelope_from = "bounces@mail.depositlink.test";
  check_all_accepted(make_mailer({server.url(), ""})->send(std::vector{seal(message)}), 1);
  const nlohmann::json mail = server.received().at(0);
  CHECK(mail["envelope_from"] == "bounces@mail.depositlink.test");
  CHECK(mail["from"] == "DepositLink <alerts@depositlink.test>");
  CHECK(mail["headers"][1] == nlohmann::json{"Reply-To", "support@depositlink.test"});
  message.reply_to = "a@b.test\r\nBcc: eve@evil.test";
  CHECK_THROWS_AS(seal(message), pawl::engine::PermanentError);
  message.reply_to.clear();
  message.envelope_from = "<>";
  CHECK_THROWS_AS(seal(message), pawl::engine::PermanentError);
}

TEST_CASE("lines that begin with a dot arrive as they are, and none of them ends the message") {
  const SmtpServer server;
  Envelope envelope = sample_envelope();
  envelope.bytes = ".Subject: dots\r\n\r\n.\r\n..\r\n.a\r\nb.\r\n.\r\n.\r\nMAIL FROM:<eve@evil.test>\r\n.end";
  check_all_accepted(make_mailer({server.url(), ""})->send(std::vector{envelope}), 1);
  CHECK(server.received().at(0)["raw"] == envelope.bytes + "\r\n");
  CHECK(server.count("MAIL") == 1);
}

TEST_CASE("all commands before the body go out at once to a relay that announces PIPELINING, one by one to others") {
  for (const std::string tls : {"none", "starttls", "implicit"}) {
    const SmtpServer one_by_one({"--tls", tls});
    const SmtpServer at_once({"--tls", tls, "--pipelining", "always"});
    for (const SmtpServer* server : {&one_by_one, &at_once}) {
      check_all_accepted(make_mailer({server->url(), ""})->send(sample_envelopes(3)), 3);
      for (const auto& mail : server->received()) CHECK(mail["pipelined"] == (server == &at_once));
      CHECK(server->count("CONNECT") == 1);
    }
  }
}

TEST_CASE("what a relay announces before its TLS counts for nothing after it") {
  const SmtpServer server({"--tls", "starttls", "--pipelining", "before-tls"});
  check_all_accepted(make_mailer({server.url(), ""})->send(sample_envelopes(1)), 1);
  CHECK(server.received().at(0)["pipelined"] == false);
}

TEST_CASE("a mail goes over STARTTLS with a certificate that verifies") {
  const SmtpServer server({"--tls", "starttls"});
  check_all_accepted(make_mailer({server.url(), ""})->send(sample_envelopes(1)), 1);
  CHECK(server.received().at(0)["tls"] == true);
}

TEST_CASE("a mail goes over implicit TLS") {
  const SmtpServer server({"--tls", "implicit"});
  check_all_accepted(make_mailer({server.url(), ""})->send(sample_envelopes(1)), 1);
  CHECK(server.received().at(0)["tls"] == true);
}

TEST_CASE("a mail goes with a login, over STARTTLS and over implicit TLS") {
  for (const std::string tls : {"starttls", "implicit"}) {
    const SmtpServer server({"--tls", tls, "--login", "pawl:s3cret/=&?"});
    check_all_accepted(make_mailer({server.url("pawl"), "s3cret/=&?"})->send(sample_envelopes(1)), 1);
    CHECK(server.received().at(0)["login"] == "pawl");
  }
}

TEST_CASE("connections are used again, and there are no more than the limit") {
  const SmtpServer server({"--tls", "starttls"});
  const auto mailer = make_mailer({server.url() + "&connections=3", ""});
  check_all_accepted(send_from_many(*mailer, sample_envelopes(20)), 20);
  check_all_accepted(mailer->send(sample_envelopes(20)), 20);
  CHECK(server.received().size() == 40);
  CHECK(server.count("CONNECT") <= 3);
}

TEST_CASE("calls work at the same time: a reply held back from one holds up no other") {
  SmtpServer server({"--fail", "dot:user0@=stall"});
  SmtpMailer mailer(smtp_options({server.url() + "&connections=2&final-timeout=1", ""}));
  const auto reports = send_from_many(mailer, sample_envelopes(10));
  CHECK(reports[0].delivery == Delivery::kInDoubt);
  for (std::size_t i = 1; i < 10; ++i) CHECK(reports[i].delivery == Delivery::kAccepted);
}

TEST_CASE("each mail gets its own report, in the order of the envelopes") {
  const SmtpServer server(
      {"--fail", "rcpt:user3@=550 5.1.1 user3 is gone", "--fail", "rcpt:user5@=450 4.2.1 user5 later"});
  const auto mailer = make_mailer({server.url() + "&connections=4", ""});
  const auto envelopes = sample_envelopes(8);
  for (const auto& reports : {mailer->send(envelopes), send_from_many(*mailer, envelopes)}) {
    for (std::size_t i = 0; i < 8; ++i) {
      const Delivery expected = i == 3 ? Delivery::kRejected : i == 5 ? Delivery::kDeferred : Delivery::kAccepted;
      CHECK(reports[i].delivery == expected);
    }
    CHECK(reports[3].reply == "550 5.1.1 user3 is gone");
    CHECK(reports[5].reply == "450 4.2.1 user5 later");
  }
  CHECK(server.received().size() == 12);
}

TEST_CASE("a connection that the relay slows down after refusals carries no other mail") {
  for (const bool slow : {false, true}) {
    SmtpServer server({"--fail", "rcpt:user0@=550 5.1.1 gone"});
    if (slow) server.tell("rset=wait=1");
    const auto mailer = make_mailer({server.url() + "&connections=1", ""});
    const auto reports = mailer->send(sample_envelopes(2));
    CHECK(reports.at(0).delivery == Delivery::kRejected);
    CHECK(reports.at(1).delivery == Delivery::kAccepted);
    CHECK(server.count("CONNECT") == (slow ? 2 : 1));
  }
}

TEST_CASE("an empty batch is nothing to do") {
  const SmtpServer server;
  CHECK(make_mailer({server.url(), ""})->send({}).empty());
  CHECK(server.count("CONNECT") == 0);
}

TEST_CASE("To: agrees with the envelope and parses back for every kind of address, SMTPUTF8 where it is needed") {
  SmtpServer server({"--smtputf8"});
  const auto mailer = make_mailer({server.url(), ""});
  for (const std::string address : {"ada@harbour.test", R"("a b"@x.test)", R"("a>b\"c\\"@x.test)", "a..b@x.test",
                                    ".a@x.test", "abc.@x.test", "user@[192.0.2.1]", "zoë@xn--bcher-kva.test"}) {
    server.forget();
    check_all_accepted(mailer->send(std::vector{sample_envelope(address)}), 1);
    const nlohmann::json mail = server.received().at(0);
    CHECK(mail["to_addresses"] == std::vector<std::string>{address});
    CHECK(server.commands().at(server.commands().size() - 3).ends_with("RCPT TO:<" + address + ">"));
  }
  CHECK(server.count("MAIL FROM:<alerts@depositlink.test> SIZE=") == 8);
  std::size_t marked = 0;
  for (const std::string& command : server.commands()) marked += command.ends_with(" SMTPUTF8");
  CHECK(marked == 1);
}

TEST_CASE("a refused parameter of MAIL concerns the one mail that has it, not the relay") {
  SmtpServer server({"--smtputf8", "--fail", "mail:SMTPUTF8=550 5.7.1 internationalized mail not permitted here",
                     "--fail", "mail:SIZE=550 no", "--pipelining", "always"});
  const auto mailer = make_mailer({server.url(), ""});
  CHECK(mailer->send(std::vector{sample_envelope("zoë@harbour.test")})[0].delivery == Delivery::kRefused);
  CHECK(mailer->send(std::vector{sample_envelope()})[0].delivery == Delivery::kRefused);
  server.tell("clear");
  CHECK(mailer->send(std::vector{sample_envelope("zoë@harbour.test")})[0].delivery == Delivery::kAccepted);
}

TEST_CASE("a relay without SMTPUTF8 is not asked to take an internationalised address, and no reply of it is told") {
  const SmtpServer server;
  const auto reports =
      make_mailer({server.url(), ""})->send(std::vector{sample_envelope("zoë@harbour.test"), sample_envelope()});
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].delivery == Delivery::kRejected);
  CHECK_THAT(reports[0].reply,
             Catch::EndsWith(": it offers no SMTPUTF8, which this mail needs; the mail was not tried"));
  CHECK(reports[1].delivery == Delivery::kAccepted);
  CHECK(server.count("MAIL") == 1);
}

TEST_CASE("a relay without SMTPUTF8 blames no recipient for an address of ours, whichever it is") {
  const SmtpServer server;
  for (std::string Message::*const ours : {&Message::from, &Message::reply_to, &Message::envelope_from}) {
    Message message = sample_message();
    message.*ours = "störung@depositlink.test";
    if (ours == &Message::from) message.envelope_from = "bounces@depositlink.test";
    CHECK(make_mailer({server.url(), ""})->send(std::vector{seal(message)})[0].delivery == Delivery::kSenderRefused);
    if (ours == &Message::from) message.envelope_from.clear();
    message.to = "zoë@harbour.test";
    const auto both = make_mailer({server.url(), ""})->send(std::vector{seal(message)})[0].delivery;
    CHECK(both == (ours == &Message::reply_to ? Delivery::kRejected : Delivery::kSenderRefused));
  }
  CHECK(server.count("MAIL") == 0);
}
