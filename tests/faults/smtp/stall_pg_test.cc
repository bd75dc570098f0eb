// The ten minutes at the final dot, honoured: and nothing else waits for them.
#include <catch2/catch.hpp>
#include <csignal>

#include "tests/faults/smtp/smtp_scene.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

// Nothing in these tests waits for this.
constexpr int kTenMinutes = 600;

struct StalledScene : SmtpScene {
  std::unique_ptr<bin::PawlProcess> worker;

  // One mail is at its final dot and stays there.
  StalledScene(const std::string& setting, const std::string& value)
      : SmtpScene({"--fail", "dot:owner@stalled.=stall"}) {
    worker = start({{"PAWL_MAIL", url("", kTenMinutes) + "&connections=2"}, {setting, value}});
    fail_sync_of("stalled");
    if (!bin::eventually([&] { return copies_for("stalled").size() == 1; }))
      throw std::runtime_error("the mail did not come to its final dot; the worker wrote:\n" + worker->err());
  }
  std::string heartbeat() { return database.value("select max(heartbeat_at) from pawl.v1_workers"); }
  std::string epoch() { return database.value("select max(epoch) from pawl.v1_workers"); }
  bool eventually_new_epoch(const std::string& old) {
    return bin::eventually([&] {
      return database.value(
                 "select coalesce(max(epoch), 0) > $1::bigint from pawl.workers where stopped_at is null"
                 " and pid = $2::int",
                 {old, std::to_string(worker->pid())}) == "t";
    });
  }
};

}  // namespace

TEST_CASE("P6 P9: while a relay stalls at one final dot, other mails, notifications, archive and lease go on") {
  StalledScene scene("PAWL_LEASE", "3s");
  const std::string beat = scene.heartbeat();
  for (int i = 0; i < 20; ++i) scene.fail_sync_of("other" + std::to_string(i));
  CHECK(bin::eventually([&] { return scene.count("pawl.outbox_archive where status = 'done'") == "20"; }));
  CHECK(scene.count("pawl.v1_emails where state = 'accepted' and attempts = 1 and in_doubt_count = 0") == "20");
  CHECK(scene.count("notifications") == "21");
  CHECK(bin::eventually([&] { return scene.heartbeat() > beat; }));
  CHECK(scene.mail_of("stalled") == "sending 1 0 leased");
}

TEST_CASE("F17: a worker that is stopped waits for a stalled mail until its drain timeout, and leaves it in doubt") {
  StalledScene scene("PAWL_DRAIN_TIMEOUT", "1s");
  scene.worker->signal(SIGTERM);
  CHECK(scene.worker->wait() == 1);
  CHECK(scene.worker->err().find("not drained in time") != std::string::npos);
  CHECK(scene.mail_of("stalled") == "in_doubt 1 1 leased");
  CHECK(scene.replied("stalled", "broken off by this worker"));
  scene.smtp.tell("clear");
  scene.worker = scene.start();
  CHECK(scene.eventually_is("stalled", "accepted 2 1 done"));
  const auto copies = scene.copies_for("stalled");
  REQUIRE(copies.size() == 2);
  CHECK(copies[0] == copies[1]);
  scene.stop(*scene.worker);
}

TEST_CASE("F13: a worker whose lease is lost does not wait for a stalled mail, and no other takes its place in vain") {
  StalledScene scene("PAWL_LEASE", "3s");
  const std::string old = scene.epoch();
  scene.smtp.tell("clear");
  scene.database.exec("delete from pawl.workers");  // As if another had freed what it held.
  CHECK(scene.eventually_new_epoch(old));
  CHECK(scene.worker->err().find("lease lost") != std::string::npos);
  scene.database.exec("update pawl.outbox set lease_epoch = null where lease_epoch <= $1::bigint", {old});
  CHECK(bin::eventually([&] { return scene.mail_of("stalled").ends_with(" 1 done"); }));
  CHECK(scene.mail_of("stalled").starts_with("accepted 2 "));
  const auto copies = scene.copies_for("stalled");
  REQUIRE(copies.size() == 2);
  CHECK(copies[0] == copies[1]);
  scene.stop(*scene.worker);
}

TEST_CASE("P5: killed with mail in full flow, no more sends are in doubt than twice the number of connections") {
  SmtpScene scene({"--fail", "dot=wait=0.02"});
  constexpr int kConnections = 4;
  const std::string url = scene.url() + "&connections=" + std::to_string(kConnections);
  scene.database.exec(
      "insert into pms_sync_logs (connection_id, status, error_message)"
      " select $1::uuid, 'error', 'failure ' || i from generate_series(1, 200) i",
      {scene.organisation.connection});
  const auto worker = scene.start({{"PAWL_MAIL", url}});
  REQUIRE(bin::eventually([&] { return std::stoi(scene.count("pawl.v1_emails where state = 'accepted'")) > 50; }));
  worker->signal(SIGKILL);
  CHECK(worker->wait() == -SIGKILL);
  REQUIRE(bin::eventually([&] {  // what it had asked for is done
    return scene.count(
               "pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
               " and pid <> pg_backend_pid()") == "0";
  }));
  const int in_doubt = std::stoi(scene.count("pawl.v1_emails where state in ('sending', 'in_doubt')"));
  WARN("in doubt after kill -9 over " << kConnections << " connections: " << in_doubt);
  CHECK(in_doubt > 0);
  CHECK(in_doubt <= 2 * kConnections);
  CHECK(scene.work({{"PAWL_MAIL", url}}).code == 0);
  CHECK(scene.count("pawl.v1_emails where state = 'accepted'") == "400");
  const std::string copies = scene.database.value("select sum(in_doubt_count) from pawl.v1_emails");
  CHECK(scene.smtp.received().size() <= 400u + std::stoul(copies));
  CHECK(std::stoi(copies) == in_doubt);
}
