// An eventfd that a signal handler may write to and any wait can poll.
#include "bin/worker/signals.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <system_error>

namespace pawl::bin {

namespace {

std::atomic<int> first_signal = 0;
std::atomic<bool> reload_requested = false;
bool has_terminal = false;
int stop_fd = -1;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free,
              "the handlers may use nothing else");

void on_stop(int number) {
  int none = 0;
  if (!first_signal.compare_exchange_strong(none, number)) _exit(128 + number);
  const std::uint64_t one = 1;
  // A full counter would already be readable: there is nothing to do about a failed write.
  [[maybe_unused]] const auto written = write(stop_fd, &one, sizeof one);
}

// A terminal that has ended answers no more.
bool terminal_is_gone() {
  termios answer;
  return has_terminal && tcgetattr(STDERR_FILENO, &answer) != 0;
}

void on_hangup(int number) {
  const int error = errno;  // of whatever was interrupted
  if (terminal_is_gone())
    on_stop(number);
  else
    reload_requested = true;
  errno = error;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(number, &action, nullptr);
}

}  // namespace

void watch_signals(bool at_terminal) {
  has_terminal = at_terminal;
  stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) throw std::system_error(errno, std::generic_category(), "cannot watch for stop signals: eventfd");
  handle(SIGTERM, on_stop);
  handle(SIGINT, on_stop);
  handle(SIGHUP, on_hangup);
  for (const int ignored : {SIGPIPE, SIGUSR1, SIGUSR2}) handle(ignored, SIG_IGN);
}

bool take_reload_request() { return reload_requested.exchange(false); }

bool stop_requested() { return stop_signal() != 0; }

int stop_signal() { return first_signal.load(); }

bool wait_for_stop(engine::Duration at_most) {
  if (stop_requested()) return true;
  pollfd waited{.fd = stop_fd, .events = POLLIN, .revents = 0};
  poll(&waited, 1, static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(at_most).count()));
  return stop_requested();
}

}  // namespace pawl::bin
