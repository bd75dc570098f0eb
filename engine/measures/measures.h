// What the runtime counts for those who watch it. The folder knows no run: plain numbers, which any thread may copy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/measures/histogram.h"

namespace pawl::engine {

/// Of the executions of one step for one workflow.
struct ExecutionCounts {
  std::uint64_t started = 0;    ///< Handed to the step's code; one that is held and comes back counts again.
  std::uint64_t succeeded = 0;  ///< The suppressed among them.
  std::uint64_t retried = 0;    ///< Attempts that failed and are followed by another.
  std::uint64_t failed = 0;     ///< For good.
  std::uint64_t in_doubt = 0;   ///< Attempts whose effect may have happened or not, however they ended.
  std::uint64_t suppressed = 0;

  ExecutionCounts& operator+=(const ExecutionCounts& other) {
    started += other.started;
    succeeded += other.succeeded;
    retried += other.retried;
    failed += other.failed;
    in_doubt += other.in_doubt;
    suppressed += other.suppressed;
    return *this;
  }
};

/// Of the calls of one step, for whichever workflows.
struct CallMeasures {
  DurationHistogram duration{};  ///< Of each execution: as long as its call was out.
  SizeHistogram batch{};         ///< Executions of each call.

  CallMeasures& operator+=(const CallMeasures& other) {
    duration += other.duration;
    batch += other.batch;
    return *this;
  }
};

/// Of the runs of one workflow.
struct RunMeasures {
  std::uint64_t claimed = 0;  ///< One that is claimed again counts again.
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  /// From the event's transaction, by Postgres' clock, to the durable end, by ours; of runs that were never resumed.
  DurationHistogram end_to_end{};

  RunMeasures& operator+=(const RunMeasures& other) {
    claimed += other.claimed;
    done += other.done;
    failed += other.failed;
    cancelled += other.cancelled;
    end_to_end += other.end_to_end;
    return *this;
  }
};

/// Of claims that brought something.
struct ClaimMeasures {
  DurationHistogram duration{};
  SizeHistogram events{};

  ClaimMeasures& operator+=(const ClaimMeasures& other) {
    duration += other.duration;
    events += other.events;
    return *this;
  }
};

/// Of group commits of checkpoints, the fsync included.
struct CommitMeasures {
  DurationHistogram duration{};
  SizeHistogram records{};

  CommitMeasures& operator+=(const CommitMeasures& other) {
    duration += other.duration;
    records += other.records;
    return *this;
  }
};

/// A snapshot; steps are named as in named_steps. Counters since open(), but for those that say what is now.
struct Measures {
  struct Executions {
    std::string workflow, step;
    ExecutionCounts counts{};
  };
  struct Step {
    std::string step;
    CallMeasures calls{};
    std::size_t held = 0;  ///< Now: runs out of memory until the step takes executions again.
  };
  struct Workflow {
    std::string workflow;
    RunMeasures runs{};
  };

  std::vector<Executions> executions{};
  std::vector<Step> steps{};
  std::vector<Workflow> workflows{};
  ClaimMeasures claims{};
  CommitMeasures commits{};
  std::size_t misfits = 0;  ///< Now: runs that wait for another build.

  /// Adds the counters of an earlier registration, which had the same workflows, or none.
  void add(const Measures& earlier);
};

inline void Measures::add(const Measures& earlier) {
  if (earlier.workflows.size() != workflows.size()) return;  // there is one at least, and perhaps no step
  for (std::size_t i = 0; i < executions.size(); ++i) executions[i].counts += earlier.executions[i].counts;
  for (std::size_t i = 0; i < steps.size(); ++i) steps[i].calls += earlier.steps[i].calls;
  for (std::size_t i = 0; i < workflows.size(); ++i) workflows[i].runs += earlier.workflows[i].runs;
  claims += earlier.claims;
  commits += earlier.commits;
}

}  // namespace pawl::engine
