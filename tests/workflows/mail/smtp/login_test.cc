// How pawl introduces itself, secures the connection and logs in, with relays of every kind.
#include "workflows/mail/smtp/login.h"

#include <sched.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/workflows/mail/message/sample_mail.h"
#include "tests/workflows/mail/smtp_server.h"
#include "workflows/mail/mail_url.h"
#include "workflows/mail/smtp/mailer.h"
#include "workflows/text/base64.h"

using namespace pawl::text;
using namespace pawl::mail;

namespace {

DeliveryReport send_one(const std::string& url, const std::string& password = "") {
  return SmtpMailer(smtp_options({url, password})).send(sample_envelopes(1)).at(0);
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The names of EHLO as the server got them from a host of this name; empty where this process may not rename a host.
// A thread can have a name of its own for the host, which the threads that it starts share.
std::vector<std::string> said_by_host(const std::string& name) {
  const SmtpServer server;
  bool renamed = false;
  std::thread([&] {
    renamed = unshare(CLONE_NEWUTS) == 0 && sethostname(name.data(), name.size()) == 0;
    if (renamed) CHECK(send_one(server.url()).delivery == Delivery::kAccepted);
  }).join();
  std::vector<std::string> said;
  for (const std::string& command : server.commands())
    if (contains(command, "EHLO ")) said.push_back(command.substr(command.find("EHLO ") + 5));
  if (!renamed) WARN("not permitted to rename a host: not tested");
  return renamed ? said : std::vector<std::string>{};
}

struct PasswordFile {
  const std::string path = std::filesystem::temp_directory_path() / ("pawl-password-" + std::to_string(getpid()));
  explicit PasswordFile(const std::string& line) { write(line); }
  ~PasswordFile() { std::filesystem::remove(path); }
  void write(const std::string& line) const { std::ofstream(path) << line << '\n'; }
};

}  // namespace

TEST_CASE(
    "EHLO says the host's full name where the system knows one, else the address that the connection comes from") {
  for (const std::string name : {"app.example.test", "app-7d9f.a.b.example.test"})
    for (const std::string& said : said_by_host(name)) CHECK(said == name);
  for (const std::string name : {"app-7d9f", "pawl_worker_1", "pawl_worker_1.example.test", "localhost.localdomain",
                                 "-a.example.test", "10.0.0.1"})
    for (const std::string& said : said_by_host(name)) {
      CAPTURE(name);
      CHECK(said == "[127.0.0.1]");
    }
}

TEST_CASE("EHLO says what the mail url says, before TLS and after it") {
  const SmtpServer server({"--tls", "starttls"});
  CHECK(send_one(server.url() + "&ehlo=mail.pawl.test").delivery == Delivery::kAccepted);
  CHECK(server.count("EHLO mail.pawl.test") == 2);
  CHECK(server.count("EHLO") == 2);
}

TEST_CASE("a relay on this host that offers no STARTTLS gets mail and login without TLS, but for tls=required") {
  const SmtpServer server({"--login", "pawl:right"});
  const std::string url = "smtp://pawl@localhost:" + std::to_string(server.port());
  CHECK(send_one(url + "?tls=required", "right").delivery == Delivery::kRelayDown);
  CHECK(server.count("AUTH") == 0);
  CHECK(send_one(url, "right").delivery == Delivery::kAccepted);
  CHECK(server.received().at(0)["tls"] == false);
}

TEST_CASE("that mail goes without TLS to a relay on this host is warned of once, whatever the host is called") {
  SmtpServer server;
  const std::string url = "smtp://[::ffff:127.0.0.1]:" + std::to_string(server.port());
  SmtpOptions options = smtp_options({url, ""});
  CHECK(smtp_warnings(options).empty());
  std::vector<std::string> warnings;
  options.warn = [&](const std::string& warning) { warnings.push_back(warning); };
  SmtpMailer mailer(options);
  for (int login = 0; login < 2; ++login) {
    CHECK(mailer.send(sample_envelopes(1)).at(0).delivery == Delivery::kAccepted);
    server.tell("hangup");
  }
  REQUIRE(warnings.size() == 1);
  CHECK(contains(warnings[0], "mail goes without TLS, since " + url + " is 127.0.0.1:"));
}

TEST_CASE("a relay on this host that offers STARTTLS has to be trusted as any other") {
  const SmtpServer server({"--tls", "starttls"});
  const auto report = send_one("smtp://localhost:" + std::to_string(server.port()));
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(contains(report.reply, "its certificate does not verify"));
  CHECK(server.count("MAIL") == 0);
}

TEST_CASE("smtp:// to a port that speaks TLS from the first byte, and smtps:// to one that does not, say so") {
  const SmtpServer secure({"--tls", "implicit"});
  const auto report = send_one("smtp://localhost:" + std::to_string(secure.port()) + "?login-timeout=2");
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(contains(report.reply, "speaks TLS from the first byte: write smtps://"));
  const SmtpServer silent({"--fail", "greeting=stall"});
  CHECK(contains(send_one(silent.url() + "&login-timeout=2").reply, "no greeting in time"));
  const SmtpServer plain;
  const auto other = send_one("smtps://localhost:" + std::to_string(plain.port()));
  CHECK(other.delivery == Delivery::kRelayDown);
  CHECK(contains(other.reply, "does not speak TLS from the first byte; with smtp://"));
}

TEST_CASE("a port that speaks another protocol is told by its own words") {
  const SmtpServer server({"--fail", "greeting=mumble"});
  const auto report = send_one(server.url() + "&login-timeout=1");
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(contains(report.reply, ": no answer in time that is SMTP; it said: HTTP/1.1 400 Bad Request"));
}

TEST_CASE("each mechanism that a password or a token serves logs in") {
  for (const std::string mechanism : {"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"}) {
    CAPTURE(mechanism);
    const SmtpServer server({"--tls", "starttls", "--login", "p=w,l@corp.test:pässwörd &", "--mechanisms", mechanism});
    const std::string url = server.url("p=w,l@corp.test") + "&auth=" + mechanism;
    CHECK(send_one(url, "pässwörd &").delivery == Delivery::kAccepted);
    CHECK(server.received().at(0)["login"] == "p=w,l@corp.test");
    const auto refused = send_one(url, "wrong");
    CHECK(refused.delivery == Delivery::kLoginRefused);
    CHECK(contains(refused.reply, "535 5.7.8"));
    CHECK(contains(refused.reply, "mechanisms tried: " + mechanism));
  }
}

TEST_CASE("mechanisms that no password serves are passed over, whatever order the relay offers them in") {
  for (const std::string offered :
       {"GSSAPI NTLM PLAIN LOGIN", "NTLM GSSAPI DIGEST-MD5 LOGIN", "XOAUTH2 GSSAPI PLAIN"}) {
    const SmtpServer server({"--tls", "starttls", "--login", "pawl@corp.test:right", "--mechanisms", offered});
    CHECK(send_one(server.url("pawl@corp.test"), "right").delivery == Delivery::kAccepted);
    CHECK(server.count("AUTH") == 1);
  }
}

TEST_CASE("a mechanism that the relay refuses is followed by the next, which is first from then on") {
  for (const std::string refusal : {"504 5.5.4 Unrecognized authentication type", "534 5.7.9 too weak",
                                    "535 5.7.8 Error: authentication failed: no mechanism available"}) {
    SmtpServer server({"--tls", "starttls", "--login", "pawl:right", "--fail", "auth:PLAIN=" + refusal});
    SmtpMailer mailer(smtp_options({server.url("pawl") + "&connections=1", "right"}));
    CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
    CHECK(server.count("AUTH PLAIN") == 1);
    server.tell("hangup");
    CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
    CHECK(server.count("AUTH PLAIN") == 1);
    CHECK(server.count("AUTH LOGIN") == 2);
  }
}

TEST_CASE("a password that is refused is tried by another mechanism once, since relays lock accounts") {
  const SmtpServer server({"--tls", "starttls", "--login", "pawl:right"});
  SmtpMailer mailer(smtp_options({server.url("pawl"), "wr0ng-secret"}));
  const auto first = mailer.send(sample_envelopes(1))[0];
  CHECK(contains(first.reply, "(mechanisms tried: PLAIN, LOGIN; offered: LOGIN, PLAIN): 535 5.7.8"));
  for (int i = 0; i < 3; ++i) CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kLoginRefused);
  CHECK(server.count("AUTH") == 5);
  for (const std::string refusal :
       {"534 5.7.9 Application-specific password required", "534 5.7.14 Please log in via your web browser"}) {
    const SmtpServer gmail({"--tls", "starttls", "--login", "pawl:right", "--fail", "auth=" + refusal});
    SmtpMailer again(smtp_options({gmail.url("pawl"), "right"}));
    for (int i = 0; i < 3; ++i) CHECK(again.send(sample_envelopes(1))[0].delivery == Delivery::kLoginRefused);
    CHECK(gmail.count("AUTH") == 4);
  }
}

TEST_CASE("a login that fails for now, or without a word, is a refused one: it may be a locked account") {
  for (const std::string rule : {"454 4.7.0 Too many login attempts", "421 4.7.0 later", "drop"}) {
    CAPTURE(rule);
    const SmtpServer server({"--tls", "starttls", "--login", "pawl:right", "--fail", "auth=" + rule});
    const auto report = send_one(server.url("pawl"), "right");
    CHECK(report.delivery == Delivery::kLoginRefused);
    CHECK(server.count("AUTH") == 1);
  }
}

TEST_CASE("a relay that offers no login that we know is down, and the error names what it offers") {
  const SmtpServer server({"--tls", "starttls", "--login", "pawl:right", "--mechanisms", "GSSAPI NTLM"});
  const auto report = send_one(server.url("pawl"), "right");
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(contains(report.reply, "offered: GSSAPI, NTLM; known: PLAIN, LOGIN, CRAM-MD5"));
  CHECK(server.count("AUTH") == 0);
  const SmtpServer none;
  CHECK(contains(send_one("smtp://pawl@localhost:" + std::to_string(none.port()), "right").reply, "offered: none"));
}

TEST_CASE("a password file is read at each login") {
  SmtpServer server({"--tls", "starttls", "--login", "pawl:second", "--mechanisms", "XOAUTH2 PLAIN"});
  const PasswordFile file("first");
  SmtpMailer mailer(smtp_options({server.url("pawl") + "&auth=xoauth2", "", file.path}));
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kLoginRefused);
  file.write("second\r");
  CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
  file.write("");
  server.tell("hangup");
  const auto report = mailer.send(sample_envelopes(1))[0];
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(contains(report.reply, file.path));
}

TEST_CASE("a relay that loses commands said at once gets the same mail again, one by one, and so all after it") {
  for (const std::string loss : {"drop", "stall"}) {
    const SmtpServer server({"--pipelining", "always", "--fail", "pipelined=" + loss});
    SmtpMailer mailer(smtp_options({server.url() + "&connections=2&reply-timeout=1", ""}));
    for (int i = 0; i < 3; ++i) CHECK(mailer.send(sample_envelopes(1))[0].delivery == Delivery::kAccepted);
    CHECK(server.received().size() == 3);
    CHECK(server.count("CONNECT") == 2);
  }
  const SmtpServer server({"--pipelining", "always"});
  CHECK(send_one(server.url() + "&pipelining=off").delivery == Delivery::kAccepted);
  CHECK(server.received().at(0)["pipelined"] == false);
}

TEST_CASE("words that come in behind the answer to STARTTLS are not taken for the relay's") {
  const SmtpServer server({"--tls", "starttls", "--fail", "starttls=more"});
  const auto report = send_one(server.url());
  CHECK(report.delivery == Delivery::kRelayDown);
  CHECK(contains(report.reply, "more before TLS than it was asked"));
}

TEST_CASE("a relay that quotes our password in its answers, plain or as it was said, is quoted without it") {
  const std::string password = "c4nary password/1";
  const std::string login = base64(std::string(1, '\0') + "pawl" + std::string(1, '\0') + password);
  const std::string quoted = "<" + password + "> " + login + " " + base64(password) + " c4nary%20password%2f1";
  for (const std::string rule :
       {"greeting=554 ", "auth=535 5.7.8 ", "mail=550 5.7.1 ", "rcpt=550 5.1.1 ", "dot=554 5.6.0 "}) {
    CAPTURE(rule);
    const SmtpServer server({"--tls", "starttls", "--login", "pawl:" + password, "--fail", rule + quoted});
    const auto report = send_one(server.url("pawl"), password);
    CAPTURE(report.reply);
    CHECK(report.delivery != Delivery::kAccepted);
    CHECK(contains(report.reply, rule.substr(rule.find('=') + 1) + "<***> ***"));
    const std::vector<std::string> parts{"c4nary", "password", login.substr(0, 8), base64(password).substr(0, 8)};
    for (const std::string& part : parts) CHECK(!contains(report.reply, part));
  }
}
