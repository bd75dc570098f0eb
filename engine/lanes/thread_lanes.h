// Lanes on real threads: the production implementation.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/ports/lanes.h"

namespace pawl::engine {

class ThreadLanes final : public Lanes {
 public:
  /// Throws UnavailableError when the system gives no more threads.
  explicit ThreadLanes(const std::vector<LaneSpec>& lanes);
  ~ThreadLanes() override;

  void submit(LaneId lane, std::function<void()> work, std::function<void()> report) override;
  void poll(Duration at_most) override;
  void stop(const std::function<void()>& interrupt) override;

 private:
  struct Job {
    std::function<void()> work;
    std::function<void()> report;
  };
  struct Lane {
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<Job> jobs;
    bool stopped = false;
    std::vector<std::thread> threads;
  };

  void start(const LaneSpec& spec);
  void serve(Lane& lane);
  void work_off(Lane& lane);

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::mutex reports_mutex_;
  std::condition_variable reported_;
  std::vector<std::function<void()>> reports_;
  std::size_t serving_ = 0;  ///< Threads that have not ended; under the mutex of the reports.
};

}  // namespace pawl::engine
