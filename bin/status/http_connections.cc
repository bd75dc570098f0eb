// Reads a request, writes its response, and waits for the client to close.
#include "bin/status/http_connections.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "bin/status/http_exchange.h"

namespace pawl::bin {

namespace {
bool may_go_on() { return errno == EAGAIN || errno == EINTR; }
}  // namespace

HttpConnections::~HttpConnections() {
  for (const Connection& connection : connections_) close(connection.descriptor);
}

void HttpConnections::add(int descriptor, Clock::time_point now) {
  if (connections_.size() == kMax) drop_oldest();
  connections_.push_back({.descriptor = descriptor, .ends_at = now + kPatience, .request = {}, .response = {}});
}

void HttpConnections::drop_oldest() {
  if (connections_.empty()) return;
  close(connections_.front().descriptor);
  connections_.pop_front();
}

void HttpConnections::append_to(std::vector<pollfd>& polled) const {
  for (const Connection& connection : connections_) {
    const bool writes = !connection.response.empty();
    polled.push_back(
        {.fd = connection.descriptor, .events = static_cast<short>(writes ? POLLOUT : POLLIN), .revents = 0});
  }
}

void HttpConnections::turn(const std::vector<pollfd>& polled, Clock::time_point now) {
  const auto ends = [&](Connection& connection) {
    const auto ready = std::ranges::find(polled, connection.descriptor, &pollfd::fd);
    const bool is_ready = ready != polled.end() && ready->revents != 0;
    if (now < connection.ends_at && (!is_ready || go_on(connection))) return false;
    close(connection.descriptor);
    return true;
  };
  connections_.remove_if(ends);
}

bool HttpConnections::go_on(Connection& connection) {
  return connection.response.empty() ? read_on(connection) : write_on(connection);
}

bool HttpConnections::read_on(Connection& connection) {
  std::array<char, 4096> bytes{};
  const ssize_t got = recv(connection.descriptor, bytes.data(), bytes.size(), 0);
  if (got <= 0) return got < 0 && may_go_on();
  if (connection.is_answered) return true;
  connection.request.append(bytes.data(), static_cast<std::size_t>(got));
  if (!is_complete(connection.request)) return true;
  connection.response = answer_(connection.request);
  return write_on(connection);
}

bool HttpConnections::write_on(Connection& connection) {
  const ssize_t sent =
      send(connection.descriptor, connection.response.data(), connection.response.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) return may_go_on();
  connection.response.erase(0, static_cast<std::size_t>(sent));
  if (!connection.response.empty()) return true;
  connection.is_answered = true;
  shutdown(connection.descriptor, SHUT_WR);
  return true;
}

}  // namespace pawl::bin
