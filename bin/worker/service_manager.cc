// A datagram for each change.
#include "bin/worker/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <optional>

namespace pawl::bin {

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

std::optional<long long> number(const std::string& text) {
  long long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

ServiceManager::ServiceManager() : socket_(variable("NOTIFY_SOCKET")) {
  const auto limit = number(variable("WATCHDOG_USEC"));
  const std::string watched = variable("WATCHDOG_PID");
  if (limit && (watched.empty() || watched == std::to_string(getpid())))
    interval_ = std::chrono::microseconds{*limit / 4};
}

void ServiceManager::ready() const { tell("READY=1\nSTATUS=registered, handling events"); }

void ServiceManager::stopping() const { tell("STOPPING=1\nSTATUS=draining"); }

// A line break would begin another assignment.
void ServiceManager::status(const std::string& text) const {
  std::string line = text;
  std::ranges::replace(line, '\n', ' ');
  tell("STATUS=" + line);
}

void ServiceManager::alive(Clock::time_point now) {
  if (interval_.count() < 0 || now - reported_alive_ < interval_) return;
  reported_alive_ = now;
  tell("WATCHDOG=1");
}

void ServiceManager::tell(const std::string& assignments) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  socket_.copy(address.sun_path, socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // Nothing can be done about a manager that does not take it.
  [[maybe_unused]] const auto sent = sendto(descriptor, assignments.data(), assignments.size(),
                                            MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address), length);
  close(descriptor);
}

}  // namespace pawl::bin
