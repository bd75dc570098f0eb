// The forms of PAWL_MAIL.
#include "workflows/mail/mail_url.h"

#include <catch2/catch.hpp>

#include "engine/errors.h"

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
}

TEST_CASE("a mail url's options say TLS, certificates, connections, port and EHLO name") {
  const SmtpOptions options =
      smtp_options({"smtp://[::1]:2525/pawl.test?tls=none&ca=%2Fetc%2Fca.pem&connections=3&login-timeout=1"
                    "&reply-timeout=2&final-timeout=3600",
                    ""});
  CHECK(options.url == "smtp://[::1]:2525/pawl.test");
  CHECK(options.tls == SmtpTls::kNone);
  CHECK(options.ca_file == "/etc/ca.pem");
  CHECK(options.connections == 3);
  CHECK(options.login_timeout == std::chrono::seconds{1});
  CHECK(options.reply_timeout == std::chrono::seconds{2});
  CHECK(options.final_timeout == std::chrono::hours{1});
  CHECK(smtp_options({"smtps://relay.test", ""}).url == "smtps://relay.test:465");
}

TEST_CASE("a password without a user is not used") {
  CHECK(smtp_options({"smtp://relay.test", "secret"}).password.empty());
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
                                "smtp://relay.test/not%20a%20name",
                                "smtp://relay%0d%0a.test",
                                "smtp://[::1",
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
