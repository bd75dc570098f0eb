// Commits whose outcome the worker does not learn, one for each of its writes.
#include <catch2/catch.hpp>
#include <set>

#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const std::vector<std::string> kWrites{"insert into public.notifications", "insert into pawl.email_deliveries",
                                       "update pawl.email_deliveries", "insert into pawl.outbox_archive"};

void check_unharmed(FaultJob& job, bin::PawlProcess& worker) {
  job.check_everyone_notified();
  CHECK(job.smtp.received().size() ==
        static_cast<std::size_t>(2 * job.finished_count()));  // nothing died while sending
  CHECK(job.count("pawl.v1_emails where in_doubt_count > 0") == "0");
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

// A worker checks its statements before it registers, and the same texts are to be met when there is work to do.
bool checked_access(FaultJob& job) {
  return bin::eventually([&] { return job.count("pawl.v1_workers") == "1"; });
}

// The first commit of each kind waits for a standby that does not exist: durable here, its reply still to come. No
// other commit waits for anybody.
class NobodyAcknowledges {
 public:
  explicit NobodyAcknowledges(FaultJob& job) : job_(job) {
    job_.database.exec("alter database " + job_.database.name + " set synchronous_commit = local");
    job_.database.exec("set synchronous_commit = local");
    // A sequence counts also for a transaction that is rolled back or repeated.
    job_.database.exec(
        "create function wait_once() returns trigger language plpgsql security definer as $$ begin"
        " if nextval(tg_argv[0]::regclass) = 1 then perform set_config('synchronous_commit', 'on', true); end if;"
        " return new; end $$");
    wait_once("registration", "insert on pawl.workers", "true");
    wait_once("claim", "update on pawl.outbox", "new.lease_epoch is not null");
    wait_once("in_app", "insert on notifications", "true");
    wait_once("ledger_claim", "insert on pawl.email_deliveries", "true");
    wait_once("ledger_settle", "update on pawl.email_deliveries", "new.state = 'accepted'");
    wait_once("archive", "insert on pawl.outbox_archive", "true");
    set("nosuch");
  }
  ~NobodyAcknowledges() { set(""); }

  /// Ends the sessions that wait; returns how many it has ended so far.
  std::size_t lose_replies() {
    for (const auto& row : job_.database.exec("select pid, pg_terminate_backend(pid) from pg_stat_activity"
                                              " where datname = current_database() and wait_event = 'SyncRep'"))
      ended_.insert(row[0]);
    return ended_.size();
  }
  bool waited_for(const std::string& write) {
    return job_.database.value("select is_called from wait_for_" + write) == "t";
  }

 private:
  void wait_once(const std::string& write, const std::string& event, const std::string& condition) {
    job_.database.exec("create sequence wait_for_" + write);
    job_.database.exec("create trigger wait_for_" + write + " before " + event + " for each row when (" + condition +
                       ") execute function wait_once('public.wait_for_" + write + "')");
  }
  void set(const std::string& names) {
    job_.database.exec("alter system set synchronous_standby_names = '" + names + "'");
    job_.database.exec("select pg_reload_conf()");
    bin::eventually([&] { return job_.database.value("show synchronous_standby_names") == names; });
  }

  FaultJob& job_;
  std::set<std::string> ended_;  ///< Process ids.
};

}  // namespace

TEST_CASE("P1 P2 P4 P5: the session of each write ends between its commit and its reply") {
  FaultJob job;
  for (int i = 0; i < 3; ++i) job.organisation.fail_sync();
  NobodyAcknowledges fault(job);
  bin::PawlProcess worker({"worker"}, job.environment());
  CHECK(bin::eventually([&] { return fault.lose_replies() == 6; }));
  for (const std::string write : {"registration", "claim", "in_app", "ledger_claim", "ledger_settle", "archive"}) {
    INFO(write);
    CHECK(fault.waited_for(write));
  }
  check_unharmed(job, worker);
}

TEST_CASE("P1 P2 P4 P5: the reply to each write is lost on the way") {
  FaultJob job;
  TcpProxy proxy(job.cluster);
  proxy.tell("drop-reply insert into pawl.workers then COMMIT");
  bin::PawlProcess worker({"worker"}, job.environment(FaultJob::through(proxy.conninfo(job.database.name))));
  REQUIRE(checked_access(job));
  proxy.tell("drop-reply set lease_epoch = mine.epoch");
  for (const std::string& write : kWrites) proxy.tell("drop-reply " + write);
  for (int i = 0; i < 3; ++i) job.organisation.fail_sync();
  CHECK(bin::eventually([&] { return proxy.fired() == 6; }));
  check_unharmed(job, worker);
}

TEST_CASE("P5: a mail that is held stays held when the reply to its claim is lost") {
  for (const std::string state : {"sending", "in_doubt"}) {
    INFO(state);
    FaultJob job;
    TcpProxy proxy(job.cluster);
    bin::PawlProcess worker(
        {"worker"}, job.environment(FaultJob::through(proxy.conninfo(job.database.name), {{"PAWL_IN_DOUBT", "hold"}})));
    REQUIRE(checked_access(job));
    proxy.tell("drop-reply insert into pawl.email_deliveries");  // refused: the rows are there
    proxy.tell("drop-reply on conflict (event_id, user_id, step) do update");
    job.database.connection.transact("fail a sync whose mails are known", [&](storage::Transaction& transaction) {
      transaction.run(
          "insert into pms_sync_logs (connection_id, status, error_message) values ($1::uuid, 'error', 'no')",
          {job.organisation.connection});
      transaction.run(
          "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, attempts, workflow, step,"
          " state, message_id, in_doubt_count, settled_at) select o.id, r.user_id, 0, 1, now(), 1, "
          "'notify-sync-failure', 'send-email', $1, '<a@b>', ($1 = 'in_doubt')::int,"
          " case when $1 = 'in_doubt' then now() end from pawl.outbox o join pawl.recipients r"
          " on r.org_id = (o.payload ->> 'org_id')::uuid where r.role in ('owner', 'admin')",
          {state});
    });
    REQUIRE(job.eventually_finished(1));
    CHECK(proxy.fired() == 2);
    CHECK(job.count("pawl.v1_events where status = 'failed'") == "1");
    CHECK(job.count("pawl.v1_emails where state = 'in_doubt'") == "2");
    CHECK(job.smtp.received().empty());
    check_drains(worker);
  }
}

TEST_CASE("P5: a mail whose claim was answered by nobody for long is not in doubt, since it was never sent") {
  FaultJob job;
  TcpProxy proxy(job.cluster);
  bin::PawlProcess worker(
      {"worker"}, job.environment(FaultJob::through(proxy.conninfo(job.database.name), {{"PAWL_IN_DOUBT", "hold"}})));
  REQUIRE(checked_access(job));
  for (int i = 0; i < 3; ++i) proxy.tell("drop-reply insert into pawl.email_deliveries");
  job.organisation.fail_sync();
  CHECK(bin::eventually([&] { return proxy.fired() == 3; }));
  check_unharmed(job, worker);
}
