// One queue a lane, one queue of reports for the engine.
#include "engine/lanes/thread_lanes.h"

#include <pthread.h>

#include <system_error>

#include "engine/authoring/errors.h"

namespace pawl::engine {

namespace {

constexpr Duration kInterruptAgain = std::chrono::milliseconds{50};

}  // namespace

ThreadLanes::ThreadLanes(const std::vector<LaneSpec>& lanes) {
  for (const LaneSpec& spec : lanes) try {
      start(spec);
    } catch (const std::system_error& error) {  // those that run must end before their objects do
      stop([] {});
      throw UnavailableError("start the threads of " + spec.name + ": " + error.what() +
                             "; raise the limit of processes for this user or service");
    }
}

void ThreadLanes::start(const LaneSpec& spec) {
  Lane& lane = *lanes_.emplace_back(std::make_unique<Lane>());
  lane.threads.reserve(spec.threads);
  for (std::size_t i = 0; i < spec.threads; ++i) {
    lane.threads.emplace_back([this, &lane] { serve(lane); });
    pthread_setname_np(lane.threads.back().native_handle(), spec.name.substr(0, 15).c_str());
    const std::lock_guard lock(reports_mutex_);
    ++serving_;
  }
}

ThreadLanes::~ThreadLanes() {
  stop([] {});
}

void ThreadLanes::submit(LaneId id, std::function<void()> work, std::function<void()> report) {
  Lane& lane = *lanes_.at(id);
  {
    const std::lock_guard lock(lane.mutex);
    lane.jobs.push_back({std::move(work), std::move(report)});
  }
  lane.arrived.notify_one();
}

void ThreadLanes::serve(Lane& lane) {
  work_off(lane);
  const std::lock_guard lock(reports_mutex_);
  --serving_;
  reported_.notify_one();
}

void ThreadLanes::work_off(Lane& lane) {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(lane.mutex);
      lane.arrived.wait(lock, [&] { return lane.stopped || !lane.jobs.empty(); });
      if (lane.stopped) return;
      job = std::move(lane.jobs.front());
      lane.jobs.pop_front();
    }
    job.work();
    {
      const std::lock_guard lock(reports_mutex_);
      reports_.push_back(std::move(job.report));
    }
    reported_.notify_one();
  }
}

void ThreadLanes::poll(Duration at_most) {
  std::vector<std::function<void()>> arrived;
  {
    std::unique_lock lock(reports_mutex_);
    reported_.wait_for(lock, at_most, [&] { return !reports_.empty(); });
    arrived.swap(reports_);
  }
  for (const auto& report : arrived) report();
}

void ThreadLanes::stop(const std::function<void()>& interrupt) {
  for (const auto& lane : lanes_) {
    {
      const std::lock_guard lock(lane->mutex);
      lane->stopped = true;
      lane->jobs.clear();
    }
    lane->arrived.notify_all();
  }
  for (std::unique_lock lock(reports_mutex_); serving_ > 0;) {
    lock.unlock();
    interrupt();
    lock.lock();
    reported_.wait_for(lock, kInterruptAgain, [&] { return serving_ == 0; });
  }
  for (const auto& lane : lanes_) {
    for (std::thread& thread : lane->threads) thread.join();
    lane->threads.clear();
  }
  reports_.clear();
}

}  // namespace pawl::engine
