// The connections of the status server: each has a few seconds, and none keeps another from being served.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <list>
#include <string>
#include <vector>

namespace pawl::bin {

/// Used by one thread. Owns the descriptors that it is given.
class HttpConnections {
 public:
  using Clock = std::chrono::steady_clock;

  /// The newest is served whoever holds the others: the oldest gives way.
  static constexpr std::size_t kMax = 64;
  /// For the whole of a connection, however slowly its client reads or writes.
  static constexpr std::chrono::seconds kPatience{5};

  /// `answer` makes the response to a complete request.
  explicit HttpConnections(std::function<std::string(const std::string& request)> answer)
      : answer_(std::move(answer)) {}
  ~HttpConnections();
  HttpConnections(const HttpConnections&) = delete;

  /// Takes a connected, non-blocking socket.
  void add(int descriptor, Clock::time_point now);
  void drop_oldest();

  void append_to(std::vector<pollfd>& polled) const;
  /// Goes on with those that are ready, and ends those whose time is over.
  void turn(const std::vector<pollfd>& polled, Clock::time_point now);

 private:
  struct Connection {
    int descriptor;
    Clock::time_point ends_at;
    std::string request;
    std::string response;
    bool is_answered = false;  ///< What is still sent is read and forgotten, so that the response is not cut off.
  };
  /// Returns whether the connection goes on.
  bool go_on(Connection& connection);
  bool read_on(Connection& connection);
  static bool write_on(Connection& connection);

  const std::function<std::string(const std::string& request)> answer_;
  std::list<Connection> connections_;  ///< The oldest first.
};

}  // namespace pawl::bin
