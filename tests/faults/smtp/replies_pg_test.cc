// What becomes of a mail and its run, by how the relay fails after the login. All cases at once, in one worker.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/smtp/smtp_scene.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

struct ScriptedReply {
  const char* phase;
  const char* action;
  const char* reply;  // Part of what the ledger keeps.
};

const std::vector<ScriptedReply> kTransient{
    {"rcpt", "421 4.3.2 closing", "421 4.3.2"},
    {"rcpt", "450 4.7.1 greylisted", "450 4.7.1 greylisted"},
    {"rcpt", "451 4.3.0 later", "451 4.3.0"},
    {"rcpt", "452 4.2.2 mailbox full", "452 4.2.2"},
    {"rcpt", "454 4.7.0 throttled", "454 4.7.0"},
    {"rcpt", "drop", "before RCPT TO was answered"},
    {"rcpt", "stall", "before RCPT TO was answered"},
    {"rcpt", "truncate", "before RCPT TO was answered"},
    {"rcpt", "hang", "before RCPT TO was answered"},
    {"rcpt", "huge", "before RCPT TO was answered"},
    {"rcpt", "long-line", "before RCPT TO was answered"},
    {"rcpt", "garbage", "before RCPT TO was answered"},
    {"data", "421 4.3.2 closing", "421 4.3.2"},
    {"data", "450 4.2.1 later", "450 4.2.1"},
    {"data", "452 4.3.1 no space", "452 4.3.1"},
    {"data", "454 4.7.0 throttled", "454 4.7.0"},
    {"data", "250 what", "before DATA was answered"},
    {"data", "drop", "before DATA was answered"},
    {"data", "stall", "before DATA was answered"},
    {"data", "garbage", "before DATA was answered"},
    {"dot", "421 4.3.2 closing", "421 4.3.2"},
    {"dot", "450 4.2.1 later", "450 4.2.1"},
    {"dot", "451 4.7.1 greylisted", "451 4.7.1"},
    {"dot", "452 4.3.1 no space", "452 4.3.1"},
    {"dot", "454 4.7.0 throttled", "454 4.7.0"},
};

const std::vector<ScriptedReply> kPermanent{
    {"rcpt", "550 5.1.1 no such user", "550 5.1.1 no such user"},
    {"rcpt", "551 5.1.6 moved", "551 5.1.6"},
    {"rcpt", "552 5.2.2 over quota", "552 5.2.2"},
    {"rcpt", "553 5.1.3 bad mailbox", "553 5.1.3"},
    {"dot", "550 5.6.0 bad content", "550 5.6.0"},
    {"dot", "552 5.3.4 message too large", "552 5.3.4"},
    {"dot", "554 5.6.0 virus", "554 5.6.0"},
};

const std::vector<ScriptedReply> kAfterTheDot{{"dot", "drop", ""},   {"dot", "stall", ""}, {"dot", "truncate", ""},
                                              {"dot", "hang", ""},   {"dot", "huge", ""},  {"dot", "long-line", ""},
                                              {"dot", "garbage", ""}};
const std::string kInDoubtReply = "before the end of the message was answered";

// A case's organisation is named by its place in the table.
std::string name_of(const char* table, std::size_t index) { return table + std::to_string(index); }

void arrange(SmtpScene& scene, const char* table, const std::vector<ScriptedReply>& cases,
             const std::string& times = "") {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string name = name_of(table, i);
    scene.smtp.tell(std::string(cases[i].phase) + ":owner@" + name + "." + times + "=" + cases[i].action);
    scene.fail_sync_of(name);
  }
}

template <class Check>
void each(const char* table, const std::vector<ScriptedReply>& cases, Check check) {
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string name = name_of(table, i);
    INFO(cases[i].phase << "=" << cases[i].action);
    check(name, cases[i]);
  }
}

bool retried(const std::string& mail) {
  return (mail.starts_with("deferred ") || mail.starts_with("sending ")) && !mail.starts_with("deferred 1 ") &&
         mail.ends_with(" 0 leased");
}

void check_identical(const std::vector<std::string>& copies, std::size_t count) {
  REQUIRE(copies.size() == count);
  for (const std::string& copy : copies) CHECK(copy == copies.front());
}

}  // namespace

TEST_CASE(
    "P5 P6: each reply and each failure after the login has its outcome in ledger and run, and touches no other") {
  SmtpScene scene;
  arrange(scene, "transient", kTransient);
  arrange(scene, "permanent", kPermanent);
  arrange(scene, "doubt", kAfterTheDot, "*1");
  scene.smtp.tell("accepted:owner@hangsup.=drop");
  scene.smtp.tell("rcpt:owner@policy.=550 5.7.1 relaying denied");
  scene.smtp.tell("rcpt:owner@greylisted.*2=450 4.7.1 greylisted");
  for (const char* phase : {"rcpt", "data", "dot"}) scene.smtp.tell(std::string(phase) + ":owner@tarpit.=wait=1");
  for (const char* name : {"hangsup", "policy", "greylisted", "tarpit"}) scene.fail_sync_of(name);
  const auto worker = scene.start({{"PAWL_MAIL", scene.url() + "&connections=16"}});

  each("permanent", kPermanent, [&](const std::string& name, const ScriptedReply& expected) {
    CHECK(scene.eventually_is(name, "rejected 1 0 failed"));
    CHECK(scene.replied(name, expected.reply));
    const std::string reason =
        scene.database.value("select reason from pawl.v1_events where event_id = $1::uuid", {scene.event_of(name)});
    CHECK(reason.find(std::string("rejected: ") + expected.reply) != std::string::npos);
  });
  each("doubt", kAfterTheDot, [&](const std::string& name, const ScriptedReply&) {
    CHECK(scene.eventually_is(name, "accepted 2 1 done"));
    check_identical(scene.copies_for(name), 2);
  });
  CHECK(scene.eventually_is("hangsup", "accepted 1 0 done"));
  CHECK(scene.eventually_is("tarpit", "accepted 1 0 done"));
  CHECK(scene.eventually_is("greylisted", "accepted 3 0 done"));
  CHECK(bin::eventually([&] { return retried(scene.mail_of("policy")) && scene.replied("policy", "550 5.7.1"); }));
  each("transient", kTransient, [&](const std::string& name, const ScriptedReply& expected) {
    CHECK(bin::eventually([&] { return retried(scene.mail_of(name)) && scene.replied(name, expected.reply); }));
    CHECK(scene.copies_for(name).empty());
    CHECK(scene.shown_to(name) == 1);
  });

  scene.smtp.tell("clear");
  each("transient", kTransient, [&](const std::string& name, const ScriptedReply&) {
    CHECK(bin::eventually([&] { return scene.mail_of(name).ends_with(" 0 done"); }));
    CHECK(scene.mail_of(name).starts_with("accepted "));
    CHECK(scene.copies_for(name).size() == 1);
  });
  CHECK(bin::eventually([&] { return scene.mail_of("policy").ends_with(" 0 done"); }));
  scene.stop(*worker);
}

TEST_CASE("P5: under the policy hold a mail in doubt waits for an operator, and ends done as he says") {
  SmtpScene scene;
  arrange(scene, "doubt", kAfterTheDot);
  scene.smtp.tell("rcpt:owner@later.*1=451 4.3.0 later");
  scene.fail_sync_of("later");
  const auto worker = scene.start({{"PAWL_IN_DOUBT", "hold"}});
  std::vector<std::string> sent{"in-doubt", "resolve", "--sent", "--note", "relay log"};
  std::vector<std::string> not_sent{"in-doubt", "resolve", "--not-sent"};
  each("doubt", kAfterTheDot, [&](const std::string& name, const ScriptedReply&) {
    CHECK(scene.eventually_is(name, "in_doubt 1 1 failed"));
    CHECK(scene.replied(name, kInDoubtReply));
    CHECK(scene.copies_for(name).size() == 1);
    const std::string run = scene.event_of(name);
    name < "doubt4" ? sent.push_back(run) : not_sent.push_back(run.substr(24));
  });
  CHECK(scene.eventually_is("later", "accepted 2 0 done"));
  const auto listed = nlohmann::json::parse(scene.pawl({"in-doubt", "-o", "json"}).out);
  CHECK(listed.size() == kAfterTheDot.size());

  scene.smtp.tell("clear");
  CHECK(scene.pawl(sent).code == 0);
  CHECK(scene.pawl(not_sent).code == 0);
  each("doubt", kAfterTheDot, [&](const std::string& name, const ScriptedReply&) {
    CHECK(scene.eventually_is(name, name < "doubt4" ? "accepted 1 1 done" : "accepted 2 1 done"));
    check_identical(scene.copies_for(name), name < "doubt4" ? 1 : 2);
    CHECK(scene.shown_to(name) == 1);
  });
  CHECK(scene.count("pawl.commands where verb = 'resolve-in-doubt' and outcome = 'sent' and note = 'relay log'") ==
        "4");
  CHECK(scene.count("pawl.v1_in_doubt") == "0");
  const bin::Completed again = scene.pawl(sent);
  CHECK(again.code == 4);
  CHECK(again.out.find("not in doubt: its mails are accepted") != std::string::npos);
  CHECK(scene.pawl({"in-doubt", "resolve", "--sent", "00000000-0000-4000-8000-000000000000"}).code == 3);
  CHECK(scene.pawl({"in-doubt", "resolve", "0000"}).code == 2);
  scene.stop(*worker);
}
