// The primary dies and a standby takes its place, with and without commits lost on the way.
#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/faults/postgres/fault_job.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

// A standby beside the shared cluster. Test and worker reach whichever of the two is the primary, as the connection
// string of a deployment says; at the end the old primary is the only one again.
class Pair {
 public:
  Pair() {
    name(std::to_string(primary.port()) + "," + std::to_string(standby.port()));
    setenv("PGTARGETSESSIONATTRS", "read-write", 1);
  }
  ~Pair() {
    unsetenv("PGTARGETSESSIONATTRS");
    name(std::to_string(primary.port()));
    if (failed_over_) primary.start();
    storage::PostgresConnection(primary.conninfo("postgres"))
        .run("wait for no standby", "alter system reset synchronous_standby_names", {});
    storage::PostgresConnection(primary.conninfo("postgres")).run("reload", "select pg_reload_conf()", {});
  }

  static bin::Environment environment(const std::string& database) {
    return FaultJob::through(std::string("host=127.0.0.1,127.0.0.1 port=") + std::getenv("PGPORT") +
                             " user=pawl target_session_attrs=read-write dbname=" + database);
  }
  void fail_over() {
    failed_over_ = true;
    primary.stop("immediate");
    standby.promote();
  }

  /// From here on the standby learns nothing.
  void cut_off() {
    storage::PostgresConnection connection(standby.conninfo("postgres"));
    connection.run("cut off", "alter system set primary_conninfo = ''", {});
    connection.run("cut off", "select pg_reload_conf()", {});
    REQUIRE(bin::eventually([&] { return connection.run("ask", "select from pg_stat_wal_receiver", {}).size() == 0; }));
  }

  Cluster& primary = Cluster::shared();
  Cluster standby{primary};

 private:
  static void name(const std::string& ports) {
    setenv("PGHOST", ports.find(',') == std::string::npos ? "127.0.0.1" : "127.0.0.1,127.0.0.1", 1);
    setenv("PGPORT", ports.c_str(), 1);
  }
  bool failed_over_ = false;
};

void set_on_primary(FaultJob& job, const std::string& setting, const std::string& value) {
  job.database.exec("alter system set " + setting + " = '" + value + "'");
  job.database.exec("select pg_reload_conf()");
  REQUIRE(bin::eventually([&] { return job.database.value("show " + setting) == value; }));
}

void emit_known_to_both(FaultJob& job, const std::string& message) {
  job.organisation.fail_sync(message);
  REQUIRE(bin::eventually([&] {
    return job.database.value(
               "select coalesce(bool_and(replay_lsn >= pg_current_wal_lsn()), false) from pg_stat_replication") == "t";
  }));
}

}  // namespace

TEST_CASE("P1 P4 P5: after a failover under load with synchronous commit nothing is lost") {
  Pair pair;
  FaultJob job;
  set_on_primary(job, "synchronous_standby_names", "standby");
  REQUIRE(bin::eventually(
      [&] { return job.database.value("select count(*) from pg_stat_replication where sync_state = 'sync'") == "1"; }));
  bin::PawlProcess worker({"worker"}, job.environment(Pair::environment(job.database.name)));
  Producer producer(job, 120);
  REQUIRE(job.eventually_finished(20));
  pair.fail_over();
  producer.finish();
  job.check_everyone_notified();
  CHECK(job.finished_count() >= producer.acknowledged());
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

// What Postgres lost is lost, in-app rows of the lost commits included. What is left must be consistent.
TEST_CASE("P1 P2 P5: after a failover that lost commits, events that came back are finished and no mail is repeated") {
  Pair pair;
  FaultJob job;
  emit_known_to_both(job, "comes back");
  pair.cut_off();
  bin::PawlProcess worker({"worker"}, job.environment(Pair::environment(job.database.name)));
  REQUIRE(job.eventually_finished(1));
  job.organisation.fail_sync("vanishes");
  REQUIRE(job.eventually_finished(2));
  REQUIRE(job.count("notifications") == "4");

  pair.fail_over();
  REQUIRE(bin::eventually([&] { return !job.ask("select 1").empty(); }));
  CHECK(job.ask("select count(*) from pawl.outbox where deliveries = 0") == "1");
  CHECK(bin::eventually([&] { return job.finished() == "1"; }));
  job.organisation.fail_sync("new");
  CHECK(job.eventually_finished(2));
  CHECK(job.event_status() == "done");
  CHECK(job.count("pawl.outbox") == "0");
  CHECK(job.count("notifications") == "2");
  CHECK(job.smtp.received().size() == 6);
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1: on a read-only standby the worker waits and says why, and goes on once that is promoted") {
  Pair pair;
  FaultJob job;
  emit_known_to_both(job, "claimed after the promotion");
  bin::PawlProcess worker({"worker"}, job.environment(FaultJob::through(pair.standby.conninfo(job.database.name))));
  REQUIRE(bin::eventually([&] { return worker.err().find("during recovery") != std::string::npos; }));
  CHECK_FALSE(worker.ended());
  CHECK(job.count("pawl.workers") == "0");
  pair.fail_over();
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}
