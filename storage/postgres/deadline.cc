// One thread for all connections; it sleeps until the first deadline it knows of.
#include "storage/postgres/deadline.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <system_error>
#include <thread>

#include "engine/authoring/errors.h"

namespace pawl::storage {

// A disarmed deadline leaves the thread's alarm as it is: at most one useless look per limit, where waking the thread
// at every statement would cost more than the statement.
class DeadlineThread {
 public:
  // Shared, since a connection that a program keeps to its end may outlive what is static here.
  static std::shared_ptr<DeadlineThread> of_process() {
    static const std::shared_ptr<DeadlineThread> thread(new DeadlineThread);
    return thread;
  }

  ~DeadlineThread() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void add(Deadline& deadline) {
    const std::lock_guard lock(mutex_);
    all_.insert(&deadline);
  }
  void remove(Deadline& deadline) {
    const std::lock_guard lock(mutex_);
    all_.erase(&deadline);
  }
  void set(Deadline& deadline, Deadline::Time due) {
    const std::lock_guard lock(mutex_);
    deadline.due_ = due;
    if (due >= alarm_) return;
    alarm_ = due;
    changed_.notify_one();
  }

 private:
  using Time = Deadline::Time;

  DeadlineThread() try : thread_([this] { watch(); }) {
  } catch (const std::system_error& error) {
    throw engine::UnavailableError(std::string("Postgres: cannot start the thread that watches connections: ") +
                                   error.what() + "; raise the limit of processes for this user or service");
  }

  void watch() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (alarm_ == Time::max())
        changed_.wait(lock);
      else
        changed_.wait_until(lock, alarm_);
      if (Time::clock::now() >= alarm_) alarm_ = end_overdue();
    }
  }

  // Returns when the next one is due.
  Time end_overdue() {
    Time next = Time::max();
    const Time now = Time::clock::now();
    for (Deadline* deadline : all_) {
      if (deadline->due_ <= now) {
        deadline->due_ = Time::max();
        deadline->passed_ = true;
        shutdown(deadline->socket_, SHUT_RDWR);
      }
      next = std::min(next, deadline->due_);
    }
    return next;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Deadline*> all_;
  Time alarm_ = Time::max();
  bool stopped_ = false;
  std::thread thread_;
};

namespace {

int duplicate(int socket) {
  const int copy = fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (copy < 0)
    throw engine::UnavailableError(std::string("Postgres: cannot watch a connection: ") + std::strerror(errno) +
                                   "; raise the limit of open files");
  return copy;
}

}  // namespace

Deadline::Deadline(int socket, std::chrono::microseconds limit)
    : limit_(limit),
      thread_(limit.count() > 0 ? DeadlineThread::of_process() : nullptr),
      socket_(thread_ ? duplicate(socket) : -1) {
  if (thread_) thread_->add(*this);
}

Deadline::~Deadline() {
  if (!thread_) return;
  thread_->remove(*this);
  close(socket_);
}

void Deadline::arm() {
  passed_ = false;
  if (thread_) thread_->set(*this, Time::clock::now() + limit_);
}

void Deadline::disarm() {
  if (thread_) thread_->set(*this, Time::max());
}

}  // namespace pawl::storage
