// Who was told of an outage: whom its failures' runs have told, as far as they are owners and admins now.
#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/authoring/errors.h"
#include "tests/workflows/confirm_sync_recovery/postgres/fixture.h"
#include "workflows/confirm_sync_recovery/postgres_notified_users.h"

using namespace pawl;
using namespace pawl::tests;
using confirm_sync_recovery::Notified;
using confirm_sync_recovery::Outage;
using confirm_sync_recovery::PostgresNotifiedUsers;
using Ids = std::vector<std::string>;

namespace {

Ids sorted(Ids ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

struct NotifiedUsersFixture : RecoveryFixture {
  /// A failure whose run has ended; its event.
  std::string failed() {
    acme.fail_sync();
    const std::string event = value("select id from pawl.outbox where type like '%failed'");
    exec("delete from pawl.outbox where id = $1::uuid", {event});
    return event;
  }
  void note(const std::string& event, const std::string& user) {
    exec(
        "insert into notifications (event_id, user_id, org_id, kind, urgency, title, body) values ($1::uuid, $2::uuid,"
        " $3::uuid, 'pms.sync_failed', 'urgent', 't', 'b')",
        {event, user, acme.id});
  }
  void mail(const std::string& event, const std::string& user, const std::string& state = "accepted") {
    exec(
        "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts,"
        " in_doubt_count, workflow, step, state, message_id, reply) values ($1::uuid, $2::uuid, 1, 1, now(),"
        " case when $3 <> 'sending' then now() end, 1, 1, 'notify-sync-failure', 'send-email', $3, '<a@b>', 'r')",
        {event, user, state});
  }
  std::string recovered() {
    succeed("now() + interval '1 second'");
    return value("select id from pawl.outbox where type like '%recovered' order by position desc limit 1");
  }
  Notified told(const std::string& recovery) {
    const Outage outage{recovery, acme.id};
    return directory.notified_of({&outage, 1}).at(0);
  }
  PostgresNotifiedUsers directory{conninfo};
};

}  // namespace

TEST_CASE_METHOD(NotifiedUsersFixture,
                 "who was told of any failure of the outage, on either channel, is told of its end, once") {
  const std::string one = failed(), another = failed();
  note(one, acme.owner);
  note(another, acme.owner);
  mail(another, acme.owner);
  mail(another, acme.admin);
  const Notified found = told(recovered());
  CHECK(found.unfinished == 0);
  CHECK(found.recipients.org_name == "The acme");
  CHECK(found.recipients.user_ids == sorted({acme.owner, acme.admin}));
  REQUIRE(found.recipients.emails.size() == 2);
  CHECK(found.recipients.emails[0] != found.recipients.emails[1]);
}

TEST_CASE_METHOD(NotifiedUsersFixture,
                 "a mail that was or may have been sent has told, one that surely was not has not") {
  for (const std::string state : {"accepted", "in_doubt", "sending", "deferred", "rejected", "suppressed"}) {
    INFO(state);
    mail(failed(), acme.owner, state);
    const bool has_told = state == "accepted" || state == "in_doubt" || state == "sending";
    CHECK(told(recovered()).recipients.user_ids == (has_told ? Ids{acme.owner} : Ids{}));
  }
}

TEST_CASE_METHOD(NotifiedUsersFixture,
                 "P10: members are never told, nor who was demoted or has left since, nor another organisation") {
  const Organisation beta(*this, "beta");
  const std::string event = failed();
  for (const std::string& user : {acme.owner, acme.admin, acme.member, beta.owner}) note(event, user);
  for (const std::string& user : {acme.member, beta.owner}) mail(event, user);
  const std::string recovery = recovered();
  CHECK(told(recovery).recipients.user_ids == sorted({acme.owner, acme.admin}));
  exec("update org_members set role = 'member' where user_id = $1::uuid", {acme.admin});
  CHECK(told(recovery).recipients.user_ids == Ids{acme.owner});
  exec("delete from org_members where user_id = $1::uuid", {acme.owner});
  CHECK(told(recovery).recipients.user_ids.empty());
}

TEST_CASE_METHOD(NotifiedUsersFixture, "an outage that nobody was told of has nobody to be told of its end") {
  failed();
  const Notified found = told(recovered());
  CHECK(found.unfinished == 0);
  CHECK(found.recipients.user_ids.empty());
  CHECK(told(Worker::new_store()).recipients.user_ids.empty());
}

TEST_CASE_METHOD(NotifiedUsersFixture, "failures of earlier outages, and of later ones, are none of this one's") {
  note(failed(), acme.owner);
  const std::string first = recovered();
  note(failed(), acme.admin);
  const std::string second = recovered();
  const std::vector<Outage> outages{{second, acme.id}, {first, acme.id}};
  const auto found = directory.notified_of(outages);
  REQUIRE(found.size() == 2);
  CHECK(found[0].recipients.user_ids == Ids{acme.admin});
  CHECK(found[1].recipients.user_ids == Ids{acme.owner});
}

TEST_CASE_METHOD(NotifiedUsersFixture,
                 "a failure is unfinished until its event is archived, whatever became of its run") {
  acme.fail_sync();
  const std::string recovery = recovered();
  Worker worker(*this);
  worker.open();
  CHECK(told(recovery).unfinished == 1);
  const auto events = worker.claim();
  CHECK(told(recovery).unfinished == 1);
  worker.finish(events.at(0), engine::RunStatus::kFailed, "550 no such user");
  CHECK(told(recovery).unfinished == 0);
  exec("select pawl.dismiss($1::uuid, 'nobody cares', 'me')", {events.at(0).id});
  CHECK(told(recovery).unfinished == 0);
}

TEST_CASE_METHOD(NotifiedUsersFixture,
                 "a failure that is begun again is unfinished until that has ended, and whom that tells was told") {
  acme.fail_sync();
  Worker worker(*this);
  worker.open();
  const auto end_run = [&](engine::RunStatus status) {
    std::vector<engine::Event> found;
    REQUIRE(eventually([&] { return !(found = worker.claim()).empty(); }));
    worker.finish(found.at(0), status, "550 no such user");
    return found[0].id;
  };
  const std::string event = end_run(engine::RunStatus::kFailed);
  const std::string recovery = recovered();
  CHECK(told(recovery).unfinished == 0);
  exec("select pawl.requeue(id, payload, 'me', 'why') from pawl.outbox_archive where id = $1::uuid", {event});
  CHECK(told(recovery).unfinished == 1);
  note(event, acme.owner);  // under the first one's key
  const std::string requeued = end_run(engine::RunStatus::kDone);
  CHECK(told(recovery).unfinished == 0);
  CHECK(told(recovery).recipients.user_ids == Ids{acme.owner});
  const std::string resent = value("select pawl.rerun($1::uuid, null, true, 'me', 'why')", {requeued});
  CHECK(told(recovery).unfinished == 1);
  mail(resent, acme.admin);
  end_run(engine::RunStatus::kDone);
  CHECK(told(recovery).unfinished == 0);
  CHECK(told(recovery).recipients.user_ids == sorted({acme.owner, acme.admin}));
}

TEST_CASE_METHOD(NotifiedUsersFixture,
                 "a failure that starts several workflows is one, unfinished until each has ended, and each tells") {
  exec("select pawl.add_workflow('pms/connection.sync.failed', 'page-somebody')");
  acme.fail_sync();
  const std::string first = value("select id from pawl.outbox where event is null");
  const std::string further = value("select id from pawl.outbox where event is not null");
  CHECK(unconfirmed() == "1");
  note(further, acme.admin);
  const std::string recovery = recovered();
  CHECK(told(recovery).unfinished == 1);
  exec("delete from pawl.outbox where id = $1::uuid", {first});
  CHECK(told(recovery).unfinished == 1);
  exec("delete from pawl.outbox where id = $1::uuid", {further});
  CHECK(told(recovery).unfinished == 0);
  CHECK(told(recovery).recipients.user_ids == Ids{acme.admin});
}

TEST_CASE_METHOD(NotifiedUsersFixture, "the worker's role may ask, and is refused where people may be hidden from it",
                 "[session]") {
  const std::string role = "teller_in_" + name;
  exec("create role " + role + " login password 'secret' in role pawl_worker");
  PostgresNotifiedUsers asked("user=" + role + " password=secret " + conninfo);
  note(failed(), acme.owner);
  const Outage outage{recovered(), acme.id};
  asked.check_access();
  CHECK(asked.notified_of({&outage, 1}).at(0).recipients.user_ids == Ids{acme.owner});
  exec("alter table notifications enable row level security");
  CHECK_THROWS_WITH(asked.notified_of({&outage, 1}),
                    Catch::Contains("create policy pawl_reads on public.notifications"));
  CHECK(value("select problem from pawl.problems($1)", {role}).find("hides rows of public.notifications") !=
        std::string::npos);
  exec("create policy pawl_reads on notifications for select to " + role + " using (true)");
  CHECK(asked.notified_of({&outage, 1}).at(0).recipients.user_ids == Ids{acme.owner});
  exec("alter view pawl.recipients set (security_invoker = true)");
  exec("grant select on org_members, organisations, users to " + role);
  exec("alter table org_members enable row level security");
  CHECK_THROWS_AS(asked.notified_of({&outage, 1}), engine::RefusedError);
  exec("drop owned by " + role);
  exec("drop role " + role);
}
