// The forms of PAWL_MAIL.
#include "workflows/mail/mail_url.h"

#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"

using namespace pawl::mail;

TEST_CASE("smtp:// means STARTTLS required, on port 25, or 587 with a login") {
  const SmtpOptions plain = smtp_options({"smtp://relay.test", ""});
  CHECK(plain.url == "smtp://relay.test:25");
  CHECK(plain.tls == SmtpTls::kRequired);
  CHECK(plain.username.empty());
  CHECK(plain.connections == 8);
  const SmtpOptions login = smtp_options({"smtp://ada%40harbour.test@relay.test", "secret"});
  CHECK(login.url == "smtp://relay.test:587");
  CHECK(login.username == "ada@harbour.test");
  CHECK(login.password == "secret");
  CHECK(smtp_options({"smtp://relay.test", "secret"}).password.empty());
}

TEST_CASE("the user is what is up to the last @ before the host, and a host name may have an underscore") {
  for (const std::string user : {"pawl@corp.test", "pawl%40corp.test"}) {
    const SmtpOptions options = smtp_options({"smtp://" + user + "@mail_relay:2525?ehlo=a.test", "secret"});
    CHECK(options.username == "pawl@corp.test");
    CHECK(options.host == "mail_relay");
    CHECK(options.port == 2525);
    CHECK(options.url == "smtp://mail_relay:2525");
  }
}

TEST_CASE("a mail url's options say TLS, certificates, connections, port and EHLO name") {
  const SmtpOptions options =
      smtp_options({"smtp://[::1]:2525?ehlo=pawl.test&tls=none&ca=%2Fetc%2Fca.pem&connections=3&login-timeout=1"
                    "&reply-timeout=2&final-timeout=3600&pipelining=off&auth=Login",
                    ""});
  CHECK(options.url == "smtp://[::1]:2525");
  CHECK(options.host == "::1");
  CHECK(options.port == 2525);
  CHECK(options.ehlo == "pawl.test");
  CHECK(!options.pipelining);
  CHECK(options.auth == SaslMechanism::kLogin);
  CHECK(options.tls == SmtpTls::kNone);
  CHECK(options.ca_file == "/etc/ca.pem");
  CHECK(options.connections == 3);
  CHECK(options.login_timeout == std::chrono::seconds{1});
  CHECK(options.reply_timeout == std::chrono::seconds{2});
  CHECK(options.final_timeout == std::chrono::hours{1});
  CHECK(smtp_options({"smtps://relay.test", ""}).url == "smtps://relay.test:465");
  CHECK(smtp_options({"smtp://relay.test?ehlo=[IPv6:::1]", ""}).ehlo == "[IPv6:::1]");
  CHECK(smtp_options({"smtp://relay.test?tls=required", ""}).tls == SmtpTls::kEverywhere);
}

TEST_CASE(
    "whoever starts a worker is warned of passwords and mail in clear, and of a port that is another protocol's") {
  const auto warnings = [](const std::string& url) { return smtp_warnings(smtp_options({url, "secret"})); };
  for (const std::string quiet : {"smtp://relay.test", "smtp://pawl@relay.test", "smtp://relay.test?tls=none",
                                  "smtps://pawl@relay.test", "smtps://localhost", "smtp://localhost?tls=required"})
    CHECK(warnings(quiet).empty());
  for (const auto& [url, part] :
       std::vector<std::pair<std::string, std::string>>{{"smtp://pawl@relay.test?tls=none", "password goes"},
                                                        {"smtp://127.0.0.1:1025", "without TLS"},
                                                        {"smtp://localhost", "without TLS"},
                                                        {"smtp://[::1]", "without TLS"},
                                                        {"smtp://relay.test:465", "smtps://"}}) {
    CAPTURE(url);
    REQUIRE(warnings(url).size() == 1);
    CHECK(warnings(url)[0].find(part) != std::string::npos);
  }
}

TEST_CASE("each mail url makes its mailer") {
  CHECK(make_mailer({"null:", ""})->width() == 1000);
  CHECK(make_mailer({"maildir:/nonexistent", ""})->width() == 100);
  CHECK(make_mailer({"maildir:/nonexistent", ""})->calls() == 1);
  const std::vector<Envelope> three(3);
  for (const DeliveryReport& report : make_mailer({"null:", ""})->send(three))
    CHECK(report.delivery == Delivery::kAccepted);
}

TEST_CASE("no more mails are asked for at once than twice the connections") {
  const auto mailer = make_mailer({"smtp://127.0.0.1:1?connections=3", ""});
  CHECK(mailer->width() * mailer->calls() <= 6);
}

TEST_CASE("any other mail url is refused with the accepted forms and without its secrets") {
  for (const std::string url : {"",
                                "relay.test",
                                "http://relay.test",
                                "smtp://",
                                "smtp://user:hunter2@relay.test",
                                "smtp://user@relay.test",
                                "smtp://hunter2%zz@relay.test",
                                "smtp://relay.test?ehlo=hunter2%zz",
                                "maildir:",
                                "null:x",
                                "smtp://relay.test?tls=maybe",
                                "smtps://relay.test?tls=none",
                                "smtp://relay.test?connections=0",
                                "smtp://relay.test?connections=many",
                                "smtp://relay.test?connections=1001",
                                "smtp://relay.test?final-timeout=0",
                                "smtp://relay.test?login-timeout=10m",
                                "smtp://relay.test?reply-timeout=86401",
                                "smtp://relay.test?colour=red",
                                "smtp://relay.test/a.test",
                                "smtp://relay.test?ehlo=",
                                "smtp://relay.test?ehlo=pawl_worker_1",
                                "smtp://relay.test?ehlo=not%20a%20name",
                                "smtp://relay.test?ehlo=a%0d%0aMAIL",
                                "smtp://relay.test?ehlo=192.0.2.7",
                                "smtp://relay.test?auth=gssapi",
                                "smtp://relay.test?pipelining=maybe",
                                "smtps://relay.test?tls=maybe",
                                "smtp://relay%0d%0a.test",
                                "smtp://[::1",
                                "smtp://[:x]",
                                "smtp://[::1\x14]",
                                "smtp://[fe80::1%a b]",
                                "smtp://relay.test:99999"}) {
    CAPTURE(url);
    try {
      make_mailer({url, ""});
      FAIL("accepted");
    } catch (const pawl::engine::RefusedError& error) {
      const std::string what = error.what();
      CHECK(what.find("PAWL_MAIL") != std::string::npos);
      CHECK(what.find("smtp://[user@]host[:port], smtps://[user@]host[:port], maildir:PATH or null:") !=
            std::string::npos);
      CHECK(what.find("hunter2") == std::string::npos);
    }
  }
}
