// `pawl mail test` with a real relay: what it prints of each step, and how it ends.
#include <catch2/catch.hpp>
#include <fstream>

#include "tests/bin/commands/fixture.h"
#include "tests/workflows/mail/smtp_server.h"

using namespace pawl::bin;
using pawl::mail::SmtpServer;

namespace {

struct MailFixture : CommandLineFixture {
  ExitCode test_mail(const std::string& url, const std::string& password = "", const std::string& to = "ada@x.test") {
    const std::string file = directory.path() + "/password";
    if (!password.empty()) std::ofstream(file) << password << '\n';
    if (!password.empty()) std::filesystem::permissions(file, std::filesystem::perms(0600));
    std::vector<const char*> arguments{"mail",   "test",      "--to",        to.c_str(),
                                       "--mail", url.c_str(), "--mail-from", "alerts@example.test"};
    if (!password.empty()) arguments.insert(arguments.end(), {"--mail-password-file", file.c_str()});
    out.str("");
    err.str("");
    return run(std::move(arguments));
  }

  /// Whether the output has these in this order.
  void check_said(const std::vector<std::string>& parts) const {
    std::size_t at = 0;
    for (const std::string& part : parts) {
      CAPTURE(part, out.str());
      const std::size_t found = out.str().find(part, at);
      CHECK(found != std::string::npos);
      if (found != std::string::npos) at = found + part.size();
    }
  }
};

}  // namespace

TEST_CASE_METHOD(MailFixture, "a test mail says each step in the relay's words, and arrives") {
  const SmtpServer server({"--tls", "starttls", "--login", "pawl:c4nary-pass"});
  const std::string url = server.url("pawl") + "&tls=required&ehlo=a.test";
  CHECK(test_mail(url, "c4nary-pass", " Ada@Bücher.test") == ExitCode::kDone);
  check_said({"connect: smtp://localhost:", " is 127.0.0.1:", "reached from [127.0.0.1]", "greeting: 220 relay.test",
              "EHLO a.test: 250 relay.test", "STARTTLS", "STARTTLS: 220 ", "TLS: TLSv1.", "verified for localhost",
              "EHLO a.test: 250 ", "AUTH LOGIN PLAIN", "AUTH PLAIN: 235 ", "MAIL FROM: 250 ", "RCPT TO: 250 ",
              "DATA: 354 ", "end of message: 250 2.0.0 OK kept", "accepted, to Ada@xn--bcher-kva.test"});
  CHECK(server.received().at(0)["subject"] == "Test mail from pawl");
  CHECK(out.str().find("c4nary") == std::string::npos);
  CHECK(err.str().empty());
}

TEST_CASE_METHOD(MailFixture, "a test mail that is refused says by whom, and ends as a refusal") {
  const SmtpServer server({"--login", "pawl:right", "--fail", "rcpt=550 5.1.1 no such user"});
  CHECK(test_mail(server.url("pawl"), "right") == ExitCode::kRefused);
  check_said({"RCPT TO: 550 5.1.1 no such user"});
  CHECK_THAT(err.str(), Catch::Contains("password goes over the wire in clear") &&
                            Catch::Contains("will not take this recipient or message: 550 5.1.1"));
  for (const std::string refusal : {"550 5.1.8 bad sender", "530 5.7.0 log in first", "550 no"}) {
    const SmtpServer of_sender({"--fail", "mail=" + refusal, "--fail", "ehlo*1=500 what"});
    CHECK(test_mail(of_sender.url()) == ExitCode::kRefused);
    CHECK_THAT(err.str(), Catch::Contains("refuses our sender, quota or right to relay; check PAWL_MAIL_FROM") &&
                              Catch::Contains(refusal));
  }
  CHECK(test_mail(server.url("pawl"), "wr0ng-secret") == ExitCode::kRefused);
  CHECK_THAT(err.str(), Catch::Contains("mechanisms tried: PLAIN, LOGIN") && Catch::Contains("535 5.7.8"));
}

TEST_CASE_METHOD(MailFixture, "neither a test mail nor a worker starts with settings by which no mail could be made") {
  const bool starts_worker = GENERATE(false, true);
  const SmtpServer server;
  const std::string url = server.url();
  const std::string templates = directory.path() + "/templates";
  std::filesystem::create_directory(templates);
  std::ofstream(templates + "/notify-sync-failure.html.mustache") << "\n<p class={{label}}>";
  const auto refusal_with = [&](const char* setting, const char* value) {
    err.str("");
    std::vector<const char*> words{"mail", "test", "--to", "ada@x.test"};
    if (starts_worker)
      words = {"worker", "--app-url", "https://app.test", "--postgres", "host=/nonexistent", "--log-format", "text"};
    words.insert(words.end(), {"--mail", url.c_str(), "--mail-from", "alerts@example.test", setting, value});
    CHECK(run(words) == ExitCode::kUsage);
    return err.str();
  };
  CHECK_THAT(refusal_with("--time-zone", "Sydney"), Catch::Contains("time zone \"Sydney\""));
  CHECK_THAT(refusal_with("--brand-color", "blue"), Catch::Contains("brand colour \"blue\""));
  CHECK_THAT(refusal_with("--connection-url", "https://x.test/c"), Catch::Contains("{connection_id}"));
  CHECK_THAT(refusal_with("--mail-templates", templates.c_str()), Catch::Contains("html.mustache, line 2"));
  CHECK(server.received().empty());
  CHECK(server.count("CONNECT") == 0);
}

TEST_CASE_METHOD(MailFixture, "a file of certificates that is none is refused before anybody connects, by its name") {
  const SmtpServer server({"--tls", "starttls"});
  const std::string none = directory.path() + "/none.pem";
  std::ofstream(none) << "no certificate\n";
  for (const std::string& file : {none, directory.path() + "/missing.pem", directory.path()}) {
    const std::string port = std::to_string(server.port());
    CHECK(test_mail("smtp://localhost:" + port + "?ca=" + file) == ExitCode::kUsage);
    CHECK_THAT(err.str(), Catch::Contains("mail is not configured: cannot read certificates from " + file));
  }
  CHECK(server.count("CONNECT") == 0);
}

TEST_CASE_METHOD(MailFixture, "a preview prints each part of the mail as the settings make it, and needs no relay") {
  CHECK(run({"mail", "preview", "--part", "subject"}) == ExitCode::kDone);
  CHECK(out.str() == "[Urgent] Reapit sync failed - Acme Lettings\n");
  out.str("");
  CHECK(run({"mail", "preview", "--time-zone", "Australia/Sydney", "--brand-name", "DepositLink", "--connection-url",
             "https://app.test/c/{connection_id}"}) == ExitCode::kDone);
  CHECK_THAT(out.str(), Catch::Contains("24 November 2026, 14:00 AEDT (UTC+11:00)") &&
                            Catch::Contains("from DepositLink because") &&
                            Catch::Contains("https://app.test/c/0c0c0000-0000-4000-8000-000000000003"));
  out.str("");
  const std::string file = directory.path() + "/notify-sync-failure.html.mustache";
  std::ofstream(file) << "<p>{{organisation}}</p>";
  CHECK(run({"mail", "preview", "--part", "html", "--organisation", "A & B", "--mail-templates",
             directory.path().c_str()}) == ExitCode::kDone);
  CHECK(out.str() == "<p>A &amp; B</p>");
}

TEST_CASE_METHOD(MailFixture,
                 "a preview in a file or a pipe is the mail's bytes, and on a terminal shows what hides in them") {
  const std::string joined = "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9";
  std::ofstream(directory.path() + "/notify-sync-failure.html.mustache") << "<p>" + joined + "</p>";
  out_is_terminal = GENERATE(false, true);
  CHECK(run({"mail", "preview", "--part", "html", "--mail-templates", directory.path().c_str()}) == ExitCode::kDone);
  CHECK((out.str() == "<p>" + joined + "</p>") == !out_is_terminal);
  CHECK((out.str().find("\\u200d") != std::string::npos) == out_is_terminal);
}

TEST_CASE_METHOD(MailFixture, "what mails cannot be made with is refused, naming the setting and what it takes") {
  const auto refusal_of = [&](std::vector<const char*> setting) {
    err.str("");
    setting.insert(setting.begin(), {"mail", "preview"});
    CHECK(run(std::move(setting)) == ExitCode::kUsage);
    return err.str();
  };
  CHECK_THAT(refusal_of({"--time-zone", "Sydney"}),
             Catch::Contains("time zone \"Sydney\"") && Catch::Contains("Australia/Sydney"));
  CHECK_THAT(refusal_of({"--brand-color", "blue"}), Catch::Contains("#1f5fbf"));
  CHECK_THAT(refusal_of({"--connection-url", "https://x.test/c"}), Catch::Contains("{connection_id}"));
  CHECK_THAT(refusal_of({"--mail-templates", "/nonexistent"}), Catch::Contains("/nonexistent"));
  CHECK_THAT(refusal_of({"--data", "[]"}), Catch::Contains("--data"));
  CHECK_THAT(refusal_of({"--mail-from", "alerts"}), Catch::Contains("sender of mail \"alerts\""));
  std::ofstream(directory.path() + "/notify-sync-failure.text.mustache") << "\n{{nosuch}}";
  CHECK_THAT(refusal_of({"--mail-templates", directory.path().c_str()}),
             Catch::Contains("notify-sync-failure.text.mustache, line 2: \"{{nosuch}}\""));
}

TEST_CASE_METHOD(MailFixture,
                 "a test mail through a relay that is not there, or not now, ends as a failure with its cause") {
  CHECK(test_mail("smtp://no-such-host.invalid") == ExitCode::kFailed);
  CHECK_THAT(err.str(), Catch::Contains("Could not resolve host: no-such-host.invalid"));
  const SmtpServer server({"--fail", "mail=451 4.3.0 later"});
  CHECK(test_mail(server.url()) == ExitCode::kFailed);
  CHECK_THAT(err.str(), Catch::Contains("does not take it now") && Catch::Contains("451 4.3.0 later"));
}

TEST_CASE_METHOD(MailFixture, "a test mail without settings or to what is no address is a usage error") {
  CHECK(test_mail("") == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("PAWL_MAIL"));
  CHECK(test_mail("smtp://localhost", "", "nobody") == ExitCode::kUsage);
  CHECK_THAT(err.str(), Catch::Contains("--to"));
  CHECK(test_mail("ftp://localhost") == ExitCode::kUsage);
  CHECK(test_mail("maildir:" + directory.path() + "/mail") == ExitCode::kDone);
}
