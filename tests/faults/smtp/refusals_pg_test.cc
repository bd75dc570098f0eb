// Whose refusal is it: one recipient's, one message's, or ours, told from what the relay says to others.
#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "tests/faults/smtp/smtp_scene.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct RefusalScene : SmtpScene {
  using SmtpScene::SmtpScene;

  std::string reason_of(const std::string& name) {
    return database.value("select reason from pawl.v1_events where event_id = $1::uuid", {event_of(name)});
  }
  bool goes(const std::string& name) {
    fail_sync_of(name);
    return eventually_is(name, "accepted 1 0 done");
  }
  // The engine has heard of the refusal, and not the ledger alone.
  bool is_read(const std::string& name) {
    return pawl({"sql", "select count(*) from v1_attempts where run_id = '" + event_of(name) + "'", "-o", "ids"}).out !=
           "0\n";
  }
  bool waits(const std::string& name, const std::string& reply) {
    return bin::eventually([&] {
      const std::string mail = mail_of(name);
      return mail.starts_with("deferred ") && mail.ends_with(" 0 leased") && replied(name, reply) && is_read(name);
    });
  }
  static bool was_paused(const bin::PawlProcess& worker) {
    return worker.err().find("step paused") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("P6: a refusal that may be anybody's pauses nobody, and fails its mail once others are seen to go") {
  struct Case {
    const char* name;
    const char* rule;
    const char* reply;
  };
  RefusalScene scene;
  const auto worker = scene.start();
  for (const Case& refused :
       {Case{"denied", "rcpt:owner@denied.=554 5.7.1 Recipient address rejected: Access denied", "554 5.7.1 Recipient"},
        {"plain", "rcpt:owner@plain.=554 no", "554 no"},
        {"early", "data:owner@early.=550 5.3.0 no", "550 5.3.0"},
        {"content", "dot:owner@content.=550 5.7.1 message content rejected", "550 5.7.1 mess"}}) {
    INFO(refused.rule);
    scene.smtp.tell(refused.rule);
    scene.fail_sync_of(refused.name);
    CHECK(scene.waits(refused.name, refused.reply));
    CHECK(scene.goes(std::string("beside") + refused.name));
    CHECK(bin::eventually([&] { return scene.mail_of(refused.name).ends_with(" 0 failed"); }));
    CHECK(scene.reason_of(refused.name).find("though others were accepted in between") != std::string::npos);
  }
  CHECK_FALSE(RefusalScene::was_paused(*worker));
  CHECK(scene.smtp.count("CONNECT") <= 8);
  scene.stop(*worker);
}

TEST_CASE(
    "P6: three recipients of one organisation refused at one domain pause nobody, nor does one relaying refusal") {
  RefusalScene scene;
  scene.smtp.tell("rcpt:@blocked.example=554 5.7.1 Recipient address rejected: Access denied");
  scene.smtp.tell("rcpt:owner@percent.=554 5.7.1 Relay access denied");
  for (const char* user : {"a", "b", "c"})
    scene.database.exec(
        "with u as (insert into users (email) values ($1) returning id)"
        " insert into org_members select $2::uuid, id, 'admin' from u",
        {std::string(user) + "@blocked.example", scene.organisation.id});
  const auto worker = scene.start();
  scene.organisation.fail_sync();
  scene.fail_sync_of("percent");
  CHECK(scene.waits("percent", "Relay access denied"));
  CHECK(scene.goes("good"));
  CHECK(bin::eventually([&] { return scene.count("pawl.v1_events where status = 'failed'") == "1"; }));
  CHECK_FALSE(RefusalScene::was_paused(*worker));
  CHECK(scene.mail_of("percent").ends_with(" 0 leased"));  // in words about us: never before its own limit
  scene.stop(*worker);
}

TEST_CASE("P6: a refusal with nobody to compare by ends by the mail's age, uses up no attempt and pauses nobody") {
  RefusalScene scene({"--fail", "rcpt=554 5.7.1 no"});
  const auto worker =
      scene.start({{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", "first=1s,longest=1s,attempts=2,for=30s"}});
  scene.fail_sync_of("alone");
  CHECK(bin::eventually([&] { return scene.mail_of("alone").ends_with(" 0 failed"); }));
  CHECK(scene.reason_of("alone").find("554 5.7.1 no (gave up after 0 minutes)") != std::string::npos);
  CHECK(std::stoi(scene.attempts_burnt()) > 2);
  CHECK_FALSE(RefusalScene::was_paused(*worker));
  scene.stop(*worker);
}

TEST_CASE("P6: many organisations refused at one domain keep no other domain's mails waiting, once and for all") {
  RefusalScene scene;
  scene.smtp.tell("rcpt:@blocked.example=554 5.7.1 Recipient address rejected: Access denied");
  constexpr std::size_t kOrganisations = 40;
  for (std::size_t i = 0; i < kOrganisations; ++i) {
    const std::string name = "blocked" + std::to_string(i);
    scene.fail_sync_of(name, name + "@blocked.example");
  }
  const auto worker = scene.start({{"PAWL_MAIL", scene.url() + "&connections=1"}});
  REQUIRE(bin::eventually([&] { return RefusalScene::was_paused(*worker); }));
  CHECK(scene.goes("new"));
  CHECK(scene.smtp.count("RCPT") < kOrganisations);  // a second each, had it waited for them

  for (int i = 0; i < 10; ++i) {
    const std::string number = std::to_string(i);
    scene.fail_sync_of("later" + number, "later" + number + "@blocked.example");
    CHECK(scene.goes("beside" + number));
  }
  CHECK(bin::eventually([&] { return scene.count("pawl.v1_events where status = 'failed'") != "0"; }));
  const std::string log = worker->err();
  CHECK(log.find("step paused") == log.rfind("step paused"));
  scene.stop(*worker);
}

TEST_CASE("P6 P9: an account refused for all its mails pauses once, charges nobody, and all leave when it is right") {
  for (const char* refusal :
       {"rcpt=550 relay not permitted", "rcpt=550 5.1.0 <alerts@example.test>: Sender address rejected: User unknown",
        "rcpt=554 5.7.1 no", "dot=550 5.4.5 Daily user sending quota exceeded"}) {
    INFO(refusal);
    RefusalScene scene;
    scene.smtp.tell(refusal);
    constexpr std::size_t kMails = 12;
    for (std::size_t i = 0; i < kMails; ++i) scene.fail_sync_of("org" + std::to_string(i));
    const std::string status = scene.folder.path() + "/status.sock";
    const auto worker = scene.start({{"PAWL_LISTEN", "unix:" + status}});
    CHECK(bin::eventually([&] { return scene.count("pawl.v1_emails where state = 'deferred'") == "12"; }));
    CHECK(bin::eventually([&] { return RefusalScene::was_paused(*worker); }));  // logged after the ledger has it
    const std::string words = std::string(refusal).substr(std::string(refusal).find('=') + 1);
    CHECK(bin::eventually([&] { return bin::status_page(status, "/readyz").find(words) != std::string::npos; }));
    CHECK(std::stoi(scene.attempts_burnt()) <= 2);  // those before the third, which wait by themselves
    CHECK(scene.count("notifications") == "12");
    scene.smtp.tell("clear");
    for (std::size_t i = 0; i < kMails; ++i)
      CHECK(bin::eventually([&] { return scene.mail_of("org" + std::to_string(i)).ends_with(" 0 done"); }));
    CHECK(scene.smtp.received().size() == kMails);
    CHECK(scene.smtp.count("CONNECT") <= 8);  // none of its own for a refused mail
    scene.stop(*worker);
  }
}

TEST_CASE("refused mails cost no login: half of eighty are unknown, over two connections") {
  RefusalScene scene({"--fail", "rcpt:owner@unknown=550 5.1.1 user unknown", "--pipelining", "always"});
  for (int i = 0; i < 40; ++i) {
    scene.fail_sync_of("unknown" + std::to_string(i));
    scene.fail_sync_of("known" + std::to_string(i));
  }
  CHECK(scene.work({{"PAWL_MAIL", scene.url() + "&connections=2"}}).code == 0);
  CHECK(scene.count("pawl.v1_emails where state = 'accepted'") == "40");
  CHECK(scene.count("pawl.v1_emails where state = 'rejected'") == "40");
  CHECK(scene.smtp.count("CONNECT") <= 2);
}
