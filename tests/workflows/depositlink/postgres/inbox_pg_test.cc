// In-app notifications: one row per event and user, whatever happens.
#include <catch2/catch.hpp>
#include <thread>

#include "engine/authoring/errors.h"
#include "tests/storage/login.h"
#include "tests/storage/postgres_fixture.h"
#include "workflows/depositlink/postgres/postgres_inbox.h"

using namespace pawl;
using namespace pawl::tests;
using depositlink::Notification;

namespace {

struct InboxFixture : PostgresFixture {
  Organisation acme{*this};
  Worker worker{*this};
  depositlink::PostgresInbox inbox{conninfo, worker.epoch};
  const bool again = GENERATE(false, true);  // what the caller says changes no row
  InboxFixture() { worker.open(); }

  Notification notification(std::vector<std::string> users) const {
    return {Worker::new_store(),      acme.id,
            "pms.sync_failed",        "urgent",
            "Reapit \"sync\" failed", "body {\\}\nline",
            "https://app.example/x",  R"({"provider": "Reapit"})",
            std::move(users),         again};
  }
  int post(const Notification& one) { return inbox.post({&one, 1}).at(0); }
  std::string rows() { return value("select count(*) from notifications"); }
};

}  // namespace

TEST_CASE_METHOD(InboxFixture, "every user has one row with every field") {
  const Notification one = notification({acme.owner, acme.admin});
  CHECK(post(one) == 2);
  const auto row = exec(
                       "select event_id, user_id, org_id, kind, urgency, title, body, link, data, seen_at, read_at,"
                       " archived_at, created_at is not null from notifications where user_id = $1::uuid",
                       {acme.owner})
                       .at(0);
  CHECK(row == std::vector<std::string>{one.effects_id, acme.owner, acme.id, "pms.sync_failed", "urgent",
                                        "Reapit \"sync\" failed", "body {\\}\nline", "https://app.example/x",
                                        R"({"provider": "Reapit"})", "", "", "", "t"});
  CHECK(rows() == "2");
}

TEST_CASE_METHOD(InboxFixture,
                 "exactly one in-app row per event and user, and posting again never resets its read state") {
  Notification one = notification({acme.owner});
  CHECK(post(one) == 1);
  exec("update notifications set read_at = '2026-01-01', title = 'as read'");
  one.title = "another title";
  one.user_ids = {acme.owner, acme.admin, acme.owner};
  CHECK(post(one) == 2);
  CHECK(post(one) == 2);
  CHECK(rows() == "2");
  CHECK(value("select title from notifications where read_at is not null") == "as read");
}

TEST_CASE_METHOD(InboxFixture, "members, strangers and the demoted get no row, and the others theirs") {
  const Organisation other(*this, "other");
  exec("update org_members set role = 'member' where user_id = $1::uuid", {acme.admin});
  CHECK(post(notification({acme.owner, acme.admin, acme.member, other.owner, Worker::new_store()})) == 1);
  CHECK(exec("select user_id from notifications") == Table{{acme.owner}});
}

TEST_CASE_METHOD(InboxFixture, "many events are posted at once, each with its own count") {
  const std::vector<Notification> many{notification({acme.owner, acme.admin}), notification({}),
                                       notification({acme.member}), notification({acme.admin})};
  CHECK(inbox.post(many) == std::vector<int>{2, 0, 0, 1});
  CHECK(inbox.post(many) == std::vector<int>{2, 0, 0, 1});
  CHECK(rows() == "3");
}

TEST_CASE_METHOD(InboxFixture, "a zombie posts nothing") {
  Worker other(*this);
  other.open();
  worker.expire();
  REQUIRE(eventually([&] {
    other.claim();
    return value("select count(*) from pawl.workers") == "1";
  }));
  CHECK_THROWS_AS(post(notification({acme.owner})), engine::LeaseLostError);
  CHECK(rows() == "0");
}

TEST_CASE_METHOD(InboxFixture, "several threads post at the same time") {
  const Notification same = notification({acme.owner, acme.admin});
  std::vector<std::thread> threads;
  std::atomic<int> posted{0};
  for (int count = 0; count < 4; ++count)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 10; ++turn) posted += post(same);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(posted == 80);
  CHECK(rows() == "2");
}

TEST_CASE_METHOD(PostgresFixture, "a table of notifications in a schema named like the worker's role gets none") {
  const Organisation acme(*this);
  const Login worker(*this, "worker");
  exec("grant pawl_worker to " + worker.name);
  exec("alter role " + worker.name + " set search_path = \"$user\", public");
  exec("create schema " + worker.name);
  exec("create table " + worker.name + ".notifications (like public.notifications including all)");
  exec("grant all on schema " + worker.name + " to " + worker.name);
  exec("grant all on " + worker.name + ".notifications to " + worker.name);
  Worker registered(*this);
  registered.open();
  depositlink::PostgresInbox inbox(worker.conninfo, registered.epoch);
  const depositlink::Notification note{.effects_id = "00000000-0000-4000-8000-000000000001",
                                       .org_id = acme.id,
                                       .kind = "k",
                                       .urgency = "urgent",
                                       .title = "t",
                                       .body = "b",
                                       .link = "l",
                                       .data = "{}",
                                       .user_ids = {acme.owner}};
  CHECK(inbox.post({&note, 1}) == std::vector<int>{1});
  CHECK(value("select count(*) from public.notifications") == "1");
  exec("drop schema " + worker.name + " cascade");
}
