// Commits whose outcome the worker does not learn, one for each of its writes.
#include <catch2/catch.hpp>
#include <optional>

#include "tests/faults/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

const std::vector<std::string> kWrites{"insert into notifications", "insert into pawl.email_deliveries",
                                       "update pawl.email_deliveries", "insert into pawl.outbox_archive"};

void check_unharmed(FaultJob& job, bin::PawlProcess& worker) {
  job.check_everyone_told();
  CHECK(job.smtp.received().size() ==
        static_cast<std::size_t>(2 * job.finished_count()));  // nothing died while sending
  CHECK(job.count("pawl.v1_emails where in_doubt_count > 0") == "0");
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

// While it lives every commit waits for a standby that does not exist: durable here, its reply still to come. The
// test's own session waits for none.
class NobodyAcknowledges {
 public:
  explicit NobodyAcknowledges(FaultJob& job) : job_(job) {
    job_.database.exec("set synchronous_commit = local");
    set("nosuch");
  }
  ~NobodyAcknowledges() { set(""); }

  /// Ends the session of a commit of this statement and lets every other one have its reply.
  bool lose_reply(const std::string& statement) {
    const std::string waiting = " from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()";
    return bin::eventually([&] {
      job_.database.exec("select pg_cancel_backend(pid)" + waiting + " and query not ilike $1", {like(statement)});
      return job_.database.value("select count(pg_terminate_backend(pid))" + waiting + " and query ilike $1",
                                 {like(statement)}) != "0";
    });
  }

 private:
  static std::string like(const std::string& statement) { return "%" + statement + "%"; }
  void set(const std::string& names) {
    job_.database.exec("alter system set synchronous_standby_names = '" + names + "'");
    job_.database.exec("select pg_reload_conf()");
    bin::eventually([&] { return job_.database.value("show synchronous_standby_names") == names; });
  }

  FaultJob& job_;
};

}  // namespace

TEST_CASE("P1 P2 P4 P5: the session of each write ends between its commit and its reply") {
  FaultJob job;
  for (int i = 0; i < 3; ++i) job.organisation.fail_sync();
  std::optional<NobodyAcknowledges> fault(job);
  bin::PawlProcess worker({"worker"}, job.environment());
  CHECK(fault->lose_reply("commit"));  // of the registration
  for (const std::string& write : kWrites) {
    INFO(write);
    CHECK(fault->lose_reply(write));
  }
  fault.reset();
  check_unharmed(job, worker);
}

TEST_CASE("P1 P2 P4 P5: the reply to each write is lost on the way") {
  FaultJob job;
  TcpProxy proxy(job.cluster);
  for (int i = 0; i < 3; ++i) job.organisation.fail_sync();
  proxy.tell("drop-reply insert into pawl.workers then COMMIT");
  proxy.tell("drop-reply set lease_epoch = mine.epoch");
  for (const std::string& write : kWrites) proxy.tell("drop-reply " + write);
  bin::PawlProcess worker({"worker"}, job.environment(FaultJob::through(proxy.conninfo(job.database.name))));
  CHECK(bin::eventually([&] { return proxy.fired() == 6; }));
  check_unharmed(job, worker);
}

TEST_CASE("P5: a mail whose claim was answered by nobody for long is not in doubt, since it was never sent") {
  FaultJob job;
  TcpProxy proxy(job.cluster);
  job.organisation.fail_sync();
  for (int i = 0; i < 3; ++i) proxy.tell("drop-reply insert into pawl.email_deliveries");
  bin::PawlProcess worker(
      {"worker"}, job.environment(FaultJob::through(proxy.conninfo(job.database.name), {{"PAWL_IN_DOUBT", "hold"}})));
  CHECK(bin::eventually([&] { return proxy.fired() == 3; }));
  check_unharmed(job, worker);
}
