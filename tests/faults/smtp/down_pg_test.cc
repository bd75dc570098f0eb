// A relay that takes nobody's mail: nothing is sent, no recipient is blamed, no attempt used up, and all goes on after.
#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/faults/smtp/smtp_scene.h"
#include "tests/service.h"
#include "workflows/text/base64.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct Outage {
  std::string rule;
  std::string reply;  // Part of what the ledger keeps.
};

// One after another: a relay that is down is down for all. Each begins on a new connection.
void go_through(SmtpScene& scene, const std::string& table, const std::vector<Outage>& cases,
                const std::function<void()>& set_right = {}) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    INFO(cases[i].rule);
    const std::string name = table + std::to_string(i);
    const std::size_t before = scene.smtp.received().size();
    scene.smtp.tell(cases[i].rule);
    scene.smtp.tell("hangup");
    scene.fail_sync_of(name);
    CHECK(bin::eventually([&] {
      const std::string mail = scene.mail_of(name);
      return mail.starts_with("deferred ") && mail.ends_with(" 0 leased") && scene.replied(name, cases[i].reply);
    }));
    CHECK(scene.smtp.received().size() == before);
    CHECK(bin::eventually([&] { return scene.shown_to(name) == 1; }));  // P6: the other channel goes on.
    scene.smtp.tell("clear");
    scene.smtp.tell("hangup");
    if (set_right) set_right();
    CHECK(bin::eventually([&] { return scene.mail_of(name).ends_with(" 0 done"); }));
    CHECK(scene.mail_of(name).starts_with("accepted "));
    CHECK(scene.copies_for(name).size() == 1);
  }
}

const std::string kNoLogin = "before the login was done";

}  // namespace

TEST_CASE("P6 P9: a relay that fails at greeting or EHLO, or refuses the sender, costs nobody an attempt") {
  SmtpScene scene;
  const auto worker = scene.start();
  go_through(scene, "down",
             {{"greeting=421 4.3.2 too busy", "421 4.3.2"},
              {"greeting=450 4.3.2 not now", "450 4.3.2"},
              {"greeting=554 5.3.2 go away", "554 5.3.2"},
              {"greeting=drop", kNoLogin},
              {"greeting=stall", kNoLogin},
              {"greeting=truncate", kNoLogin},
              {"greeting=garbage", kNoLogin},
              {"ehlo=421 4.3.2 bye", "421 4.3.2"},
              {"ehlo=450 4.3.2 later", "450 4.3.2"},
              {"ehlo=550 5.3.2 no", "550 5.3.2"},
              {"ehlo=drop", kNoLogin},
              {"ehlo=stall", kNoLogin},
              {"ehlo=hang", kNoLogin},
              {"ehlo=huge", kNoLogin}});
  go_through(scene, "sender",
             {{"mail=530 5.7.0 log in first", "530 5.7.0"}, {"mail=550 5.1.8 bad sender", "550 5.1.8"}});
  CHECK(scene.attempts_burnt() == "0\n");
  scene.stop(*worker);
}

TEST_CASE("P5 P6: 4yz, a drop and silence at MAIL FROM defer a mail, a size that is refused rejects it") {
  SmtpScene scene;
  const auto worker = scene.start();
  go_through(scene, "mail",
             {{"mail=421 4.3.2 bye", "421 4.3.2"},
              {"mail=450 4.3.0 later", "450 4.3.0"},
              {"mail=452 4.3.1 no space", "452 4.3.1"},
              {"mail=drop", "before MAIL FROM was answered"},
              {"mail=stall", "before MAIL FROM was answered"}});
  scene.smtp.tell("mail=552 5.3.4 message too large");
  scene.fail_sync_of("large");
  CHECK(scene.eventually_is("large", "rejected 1 0 failed"));
  CHECK(scene.replied("large", "552 5.3.4"));
  scene.stop(*worker);
}

TEST_CASE("P6 P9: a relay that fails at STARTTLS or AUTH, or refuses our password, costs nobody an attempt") {
  SmtpScene scene({"--tls", "starttls", "--login", "pawl:right"});
  const std::string password = scene.folder.path() + "/password";
  std::ofstream(password) << "right\n";
  const auto worker = scene.start({{"PAWL_MAIL", scene.url("pawl")}, {"PAWL_MAIL_PASSWORD_FILE", password}});
  go_through(scene, "login",
             {{"starttls=454 4.7.0 TLS not available", "454 4.7.0"},
              {"starttls=502 5.5.1 what", "502 5.5.1"},
              {"starttls=drop", kNoLogin},
              {"starttls=stall", kNoLogin}});
  // A login that failed is tried again after minutes, unless there is another password file.
  go_through(scene, "password",
             {{"auth=421 4.3.2 bye", "421 4.3.2"},
              {"auth=454 4.7.0 temporary failure", "454 4.7.0"},
              {"auth=drop", kNoLogin},
              {"auth=stall", kNoLogin},
              {"auth=535 5.7.8 wrong password", "535 5.7.8"}},
             [&] { std::ofstream(password) << "right\n"; });
  CHECK(scene.attempts_burnt() == "0\n");
  scene.stop(*worker);
}

TEST_CASE("P5 P9: a relay out of reach or not to be trusted gets no mail; set right, the same worker's mails go") {
  SmtpScene plain;
  SmtpScene secure({"--tls", "starttls", "--login", "pawl:right"});
  const mail::SmtpServer other_host({"--tls", "starttls", "--certificate-name", "other.test"});
  const std::string wrong = plain.folder.path() + "/password";
  std::ofstream(wrong) << "wr0ng-canary\n";
  const auto at = [](int port) { return "localhost:" + std::to_string(port); };
  struct Setting {
    const char* name;
    std::string mail;
    std::string reply;
  };
  const std::vector<Setting> settings{
      {"refused", "smtp://127.0.0.1:" + std::to_string(free_port()) + "?tls=none", kNoLogin},
      {"noname", "smtp://no-such-host.invalid?tls=none", kNoLogin},
      {"notls", "smtp://" + at(plain.smtp.port()) + "?tls=required", "TLS is required unless PAWL_MAIL says ?tls=none"},
      {"nohandshake", "smtps://" + at(plain.smtp.port()) + "?login-timeout=3", kNoLogin},
      {"untrusted", "smtp://" + at(secure.smtp.port()), kNoLogin},
      {"wronghost", "smtp://" + at(other_host.port()) + "?ca=" + other_host.ca_file(), kNoLogin},
      {"password", secure.smtp.url("pawl"), "535 5.7.8"},
  };
  for (const Setting& setting : settings) {
    INFO(setting.name);
    plain.fail_sync_of(setting.name);
    const std::string store = plain.folder.path() + "/" + setting.name + ".db";
    const auto worker =
        plain.start({{"PAWL_MAIL", setting.mail}, {"PAWL_CHECKPOINTS", store}, {"PAWL_MAIL_PASSWORD_FILE", wrong}});
    CHECK(bin::eventually([&] {
      const std::string mail = plain.mail_of(setting.name);
      return mail.starts_with("deferred ") && mail.ends_with(" 0 leased") && plain.replied(setting.name, setting.reply);
    }));
    CHECK(bin::eventually([&] { return plain.shown_to(setting.name) == 1; }));
    plain.stop(*worker);
    CHECK(worker->err().find("wr0ng-canary") == std::string::npos);
    CHECK(plain.reply_of(setting.name).find("wr0ng-canary") == std::string::npos);
    CHECK(plain.work({{"PAWL_CHECKPOINTS", store}}).code == 0);
    CHECK(plain.mail_of(setting.name).starts_with("accepted "));
    CHECK(plain.mail_of(setting.name).ends_with(" 0 done"));
  }
  CHECK(plain.smtp.received().size() == settings.size());
  CHECK(secure.smtp.count("MAIL") == 0);
  CHECK(other_host.count("MAIL") == 0);
}

TEST_CASE("a relay that quotes our password puts it in no form into log, ledger, reports or checkpoint") {
  const std::string secret = "c4nary pass/1";
  const std::string login = text::base64(std::string(1, '\0') + "pawl" + std::string(1, '\0') + secret);
  const std::string quoted = secret + " " + login + " " + text::base64(secret) + " c4nary%20pass%2F1";
  SmtpScene scene({"--tls", "starttls", "--login", "pawl:" + secret, "--fail", "auth*2=535 5.7.8 " + quoted, "--fail",
                   "rcpt=550 5.1.1 " + quoted});
  const std::string password = scene.folder.path() + "/password";
  std::ofstream(password) << secret << '\n';
  const auto start = [&] {
    return scene.start(
        {{"PAWL_MAIL", scene.url("pawl")}, {"PAWL_MAIL_PASSWORD_FILE", password}, {"PAWL_LOG_LEVEL", "debug"}});
  };
  std::string told;
  auto worker = start();
  scene.fail_sync_of("quoted");
  CHECK(bin::eventually([&] { return scene.replied("quoted", "535 5.7.8"); }));
  told += scene.reply_of("quoted");
  scene.stop(*worker);  // A refused login rests for minutes; a restart tries at once.
  told += worker->err();
  worker = start();
  CHECK(bin::eventually([&] { return scene.mail_of("quoted").ends_with(" failed"); }));
  scene.stop(*worker);
  told += worker->err() + scene.reply_of("quoted") + scene.pawl({"show", scene.event_of("quoted")}).out;
  for (const auto& file : std::filesystem::directory_iterator(scene.folder.path()))
    if (file.path().filename().string().starts_with("checkpoints"))
      told += std::string(std::istreambuf_iterator<char>(std::ifstream(file.path()).rdbuf()), {});
  CHECK(told.find("550 5.1.1 ***") != std::string::npos);
  for (const std::string& part : {std::string("c4nary"), login.substr(0, 8), text::base64(secret).substr(0, 8)})
    CHECK(told.find(part) == std::string::npos);
}

TEST_CASE("P6 P9: a wrong password is not tried again and again, says so, and a right one is taken at once") {
  SmtpScene scene({"--tls", "starttls", "--login", "pawl:right"});
  const std::string password = scene.folder.path() + "/password";
  std::ofstream(password) << "wrong\n";
  for (int i = 0; i < 5; ++i) scene.fail_sync_of("login" + std::to_string(i));  // all are tried at once
  const std::string status = scene.folder.path() + "/status";
  const bin::Environment settings{
      {"PAWL_MAIL", scene.url("pawl")}, {"PAWL_MAIL_PASSWORD_FILE", password}, {"PAWL_LISTEN", "unix:" + status}};
  auto worker = scene.start(settings);
  const auto waiting = [&](int count) {
    return bin::eventually([&] {
      const std::string reasons =
          scene.pawl({"sql", "select last_error from v1_waiting where step = 'send-email'", "-o", "ids"}).out;
      return std::ranges::count(reasons, '\n') == count &&
             reasons.find("login refused: tried again after") != std::string::npos;
    });
  };
  CHECK(waiting(5));
  CHECK(scene.attempts_burnt() == "0\n");
  CHECK(scene.smtp.count("CONNECT") == 1);
  CHECK(scene.smtp.count("AUTH") == 2);  // a second mechanism is tried once in a worker's life
  CHECK(bin::eventually([&] { return worker->err().find("login refused") != std::string::npos; }));
  const std::string page = bin::status_page(status, "/readyz");
  CHECK(page.find("535 5.7.8") != std::string::npos);
  CHECK(page.find("login refused: tried again after") != std::string::npos);
  const auto done_at_once = [&](const std::string& mails) {
    const auto began = std::chrono::steady_clock::now();
    CHECK(bin::eventually([&] { return scene.count("pawl.v1_events where status = 'done'") == mails; }));
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{20});  // the first probe comes after 30
  };
  std::ofstream(password) << "right\n";
  done_at_once("5");

  scene.smtp.tell("auth=454 4.7.0 Too many login attempts");
  scene.smtp.tell("hangup");
  scene.fail_sync_of("locked");
  CHECK(waiting(1));
  scene.smtp.tell("clear");
  scene.stop(*worker);
  worker = scene.start(settings);  // with the same password
  done_at_once("6");
  CHECK(scene.smtp.received().size() == 6);
  scene.stop(*worker);
}

TEST_CASE("a mail to what is no address is a warning in the log, in the metrics and in what the run tells") {
  SmtpScene scene;
  scene.fail_sync_of("typo", "owner at typo.example");
  const std::string status = scene.folder.path() + "/status";
  const auto worker = scene.start({{"PAWL_LISTEN", "unix:" + status}});
  CHECK(bin::eventually([&] { return scene.count("pawl.v1_events where status = 'done'") == "1"; }));
  const std::string counted =
      "pawl_executions_suppressed_total{workflow=\"notify-sync-failure\",step=\"send-email\"} 1\n";
  CHECK(bin::eventually([&] { return bin::status_page(status, "/metrics").find(counted) != std::string::npos; }));
  scene.stop(*worker);
  const std::string log = worker->err();
  const std::size_t begin = log.rfind('\n', log.find("no mail to ")) + 1;
  const auto line = nlohmann::json::parse(log.substr(begin, log.find('\n', begin) - begin));
  CHECK(line["level"] == "warn");
  CHECK(line["msg"] == "run done, with something left out");
  CHECK(line.dump().find(": not sent: the address has no @") != std::string::npos);
  const std::string shown = scene.pawl({"show", scene.event_of("typo")}).out;
  CHECK(shown.find("suppressed") != std::string::npos);
  CHECK(shown.find("not sent: the address has no @") != std::string::npos);
  CHECK(scene.smtp.received().empty());
}

TEST_CASE("a worker's log warns of a relay's password that all may read, and of mail that goes without TLS") {
  SmtpScene scene({"--login", "pawl:right"});
  const std::string password = scene.folder.path() + "/password";
  std::ofstream(password) << "right\n";
  std::filesystem::permissions(password, std::filesystem::perms(0644));
  const auto worker = scene.start({{"PAWL_MAIL", "smtp://pawl@localhost:" + std::to_string(scene.smtp.port())},
                                   {"PAWL_MAIL_PASSWORD_FILE", password}});
  scene.organisation.fail_sync();
  CHECK(bin::eventually([&] { return scene.event_status() == "done"; }));
  scene.stop(*worker);
  for (const char* warning : {"every user of this host can read the relay's password",
                              "mail goes without TLS where the relay on this host offers no STARTTLS",
                              "mail goes without TLS, since smtp://localhost:"})
    CHECK(worker->err().find(warning) != std::string::npos);
}

TEST_CASE("P6: one recipient of many is refused, all others get their mail") {
  SmtpScene scene({"--fail", "rcpt:admin7@=550 5.1.1 no such user"});
  for (int i = 0; i < 20; ++i)
    scene.database.exec(
        "with u as (insert into users (email) values ('admin' || $1 || '@acme.example') returning id)"
        " insert into org_members select $2::uuid, id, 'admin' from u",
        {std::to_string(i), scene.organisation.id});
  scene.organisation.fail_sync();
  CHECK(scene.work().code == 0);
  CHECK(scene.count("pawl.v1_emails where state = 'accepted' and attempts = 1") == "21");
  CHECK(scene.count("pawl.v1_emails where state = 'rejected' and reply = '550 5.1.1 no such user'") == "1");
  CHECK(scene.smtp.received().size() == 21);
  CHECK(scene.count("notifications") == "22");
  CHECK(scene.event_status() == "failed");
}
