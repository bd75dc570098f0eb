// Calls of many threads in one statement: each gets its own answers, or its own error.
#include "workflows/mail/ledger/request_coalescer.h"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <new>
#include <stdexcept>
#include <thread>

using namespace pawl::mail;
using pawl::engine::LeaseLostError;
using pawl::engine::UnavailableError;

namespace {

// A service that squares, counts, and holds its first statement until all other calls wait behind it.
struct Squares {
  std::atomic<int> statements = 0;
  std::atomic<int> running = 0;
  std::atomic<bool> overlapped = false;
  std::atomic<int> largest = 0;
  std::size_t expected = 0;
  std::function<void(std::span<const int>)> disturb = [](std::span<const int>) {};

  RequestCoalescer<int, long> coalescer{[this](std::span<const int> requests) { return serve(requests); }};

  std::vector<long> serve(std::span<const int> requests) {
    if (++running > 1) overlapped = true;
    if (++statements == 1)
      while (coalescer.waiting() + 1 < expected) std::this_thread::yield();
    largest = std::max<int>(largest, static_cast<int>(requests.size()));
    --running;
    disturb(requests);
    std::vector<long> answers;
    for (const int request : requests) answers.push_back(static_cast<long>(request) * request);
    return answers;
  }

  long ask(int request) { return coalescer.call({&request, 1}).at(0); }

  // One call holds the first statement; the others come meanwhile.
  void ask_all(int callers, const std::function<void(int)>& one) {
    expected = static_cast<std::size_t>(callers);
    std::vector<std::thread> threads;
    for (int i = 0; i < callers; ++i) threads.emplace_back([&one, i] { one(i); });
    for (std::thread& thread : threads) thread.join();
  }
};

}  // namespace

TEST_CASE("a lone call is served at once and alone") {
  Squares squares;
  CHECK(squares.ask(7) == 49);
  CHECK(squares.statements == 1);
}

TEST_CASE("calls that come while a statement runs share the next one, and each gets its own answers") {
  Squares squares;
  std::vector<long> answers(32);
  squares.ask_all(32, [&](int i) { answers[static_cast<std::size_t>(i)] = squares.ask(i); });
  for (long i = 0; i < 32; ++i) CHECK(answers[static_cast<std::size_t>(i)] == i * i);
  CHECK(squares.statements == 2);
  CHECK(squares.largest == 31);
  CHECK_FALSE(squares.overlapped);
}

TEST_CASE("calls of several requests get their answers in order") {
  Squares squares;
  std::atomic<int> wrong = 0;
  squares.ask_all(8, [&](int i) {
    const std::vector<int> requests(static_cast<std::size_t>(i), i);
    wrong += squares.coalescer.call(requests) != std::vector<long>(static_cast<std::size_t>(i), long{i} * i);
  });
  CHECK(wrong == 0);
}

TEST_CASE("a request that the service refuses fails its own call and nobody else's") {
  Squares squares;
  squares.disturb = [](std::span<const int> requests) {
    for (const int request : requests)
      if (request == 3) throw std::invalid_argument("3");
  };
  std::atomic<int> answered = 0, refused = 0;
  squares.ask_all(16, [&](int i) {
    try {
      answered += squares.ask(i) == long{i} * i;
    } catch (const std::invalid_argument&) {
      refused += i == 3;
    }
  });
  CHECK(answered == 15);
  CHECK(refused == 1);
}

TEST_CASE("a service that is down is asked once for all, and all are told") {
  for (const bool lease : {false, true}) {
    Squares squares;
    squares.disturb = [&](std::span<const int>) {
      if (lease) throw LeaseLostError("lost");
      throw UnavailableError("down");
    };
    std::atomic<int> told = 0;
    squares.ask_all(16, [&](int i) {
      try {
        squares.ask(i);
      } catch (const pawl::engine::Error&) {
        ++told;
      }
    });
    CHECK(told == 16);
    CHECK(squares.statements <= 4);
  }
}

TEST_CASE("many threads calling again and again are all served") {
  Squares squares;
  std::atomic<int> wrong = 0;
  squares.ask_all(8, [&](int i) {
    for (int round = 0; round < 500; ++round) wrong += squares.ask(i + round) != long{i + round} * (i + round);
  });
  CHECK(wrong == 0);
  CHECK(squares.statements <= 8 * 500);
  CHECK_FALSE(squares.overlapped);
}

namespace {

/// A request that cannot be copied for want of memory, as often as it is told.
struct Heavy {
  explicit Heavy(std::atomic<int>& failures) : failures(&failures) {}
  Heavy(const Heavy& other) : failures(other.failures) {
    if ((*failures)-- > 0) throw std::bad_alloc();
  }
  Heavy& operator=(const Heavy&) = default;
  std::atomic<int>* failures;
};

}  // namespace

TEST_CASE("memory that runs out while calls are gathered fails nobody's call, and no later one waits for ever") {
  std::atomic<int> failures = 0, waiting = 0, answered = 0;
  std::atomic<bool> first = true;
  RequestCoalescer<Heavy, int> coalescer([&](std::span<const Heavy> requests) {
    if (first.exchange(false)) {
      while (waiting < 8) std::this_thread::yield();
      failures = 1;
    }
    return std::vector<int>(requests.size(), 1);
  });
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      ++waiting;
      const std::array<Heavy, 1> request{Heavy(failures)};
      answered += coalescer.call(request).at(0);
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(answered == 8);
}
