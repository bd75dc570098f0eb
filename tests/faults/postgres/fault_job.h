// The whole job on a private Postgres server that faults are done to, and what must hold when they are over.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tests/bin/worker/job.h"
#include "tests/faults/postgres/cluster.h"

namespace pawl::tests {

/// First among the bases, so that the server is there before the job's database.
struct OnSharedCluster {
  Cluster& cluster = Cluster::shared();
};

struct FaultJob : OnSharedCluster, bin::Job {
  explicit FaultJob(const std::vector<std::string>& smtp_options = {}) : bin::Job(smtp_options) {}

  /// For a worker that is given another way to the same database.
  static bin::Environment through(const std::string& conninfo, bin::Environment more = {});
  /// Ends other sessions of this database; returns how many.
  int terminate_sessions(const std::string& condition = "true");
  /// The value, or an empty string while Postgres cannot be asked.
  std::string ask(const std::string& sql);
  std::string finished() { return ask("select count(*) from pawl.outbox_archive"); }
  int finished_count();
  bool eventually_finished(int at_least);
  /// No step has used up an attempt on the fault: asks the checkpoint file.
  bool no_attempt_burnt() const;
  /// I1 to I3: every failed sync has one event, every event is done, everyone is told in-app once, and each mail was
  /// accepted, a second copy only if an in-doubt record explains it.
  void check_everyone_notified();
};

/// Commits failed syncs one after another, as an application that loses its connection now and then.
class Producer {
 public:
  /// Goes on until `finish`, and then until so many commits were acknowledged.
  Producer(FaultJob& job, int at_least) : job_(job), at_least_(at_least), thread_([this] { produce(); }) {}
  ~Producer() { finish(); }
  Producer(const Producer&) = delete;

  int acknowledged() const { return acknowledged_; }
  void finish() {
    finishing_ = true;
    if (thread_.joinable()) thread_.join();
  }

 private:
  void produce();

  FaultJob& job_;
  const int at_least_;
  std::atomic<bool> finishing_ = false;
  std::atomic<int> acknowledged_ = 0;
  std::thread thread_;
};

/// Stops the worker as an operator does and checks that it drained.
void check_drains(bin::PawlProcess& worker);

}  // namespace pawl::tests
