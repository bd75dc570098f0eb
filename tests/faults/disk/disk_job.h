// The whole job with its checkpoint file on a disk that fails as it is told to (disk_faults.c).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/bin/worker/job.h"

namespace pawl::faults {

using bin::Completed;
using bin::Environment;
using bin::eventually;
using bin::PawlProcess;

struct DiskJob : bin::Job {
  using Job::Job;

  /// Whatever fails in between, an event of its own for each call.
  void fail_syncs(int count);

  /// The environment of a process whose checkpoint file is on the faulty disk.
  Environment on_disk(Environment more = {}) const;
  Completed work_on_disk(Environment more = {}) const {
    return bin::run_pawl({"worker", "--until-idle"}, on_disk(more));
  }
  /// A worker that runs until it is stopped, with its HTTP side on.
  std::unique_ptr<PawlProcess> start_on_disk(Environment more = {}) const;
  /// What the worker's HTTP side answers, head and body; empty when nobody listens.
  std::string page(const std::string& path) const;
  bool all_done();
  /// Switches the disk to a word of disk_faults.c.
  void tell(const std::string& word) const;
  /// How often the fault fired so far.
  std::size_t fired(const std::string& word) const;

  /// A query on the checkpoint file, one value a line.
  std::string stored(const std::string& query) const;

  /// What the store has to know because somebody outside was told; the ids of events that contradict it. An archived
  /// event had its run's end made durable before; a notification its recipients.
  std::vector<std::string> forgotten();

  /// I1 to I3 for every event so far: done, everyone told, in the app once, each further copy of a mail explained.
  void check_promises();

 private:
  int events_ = 0;
};

}  // namespace pawl::faults
