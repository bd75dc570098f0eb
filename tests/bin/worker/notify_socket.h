// The socket on which a service manager hears its services, in a test.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>

#include "tests/temporary_directory.h"

namespace pawl::bin {

class NotifySocket {
 public:
  enum class Kind { kFile, kAbstract };

  explicit NotifySocket(Kind kind = Kind::kFile)
      : name_((kind == Kind::kAbstract ? "@" : "") + directory_.path() + "/notify"),
        descriptor_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path - 1);
    if (kind == Kind::kAbstract) address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    if (bind(descriptor_, reinterpret_cast<sockaddr*>(&address), length) != 0)
      throw std::runtime_error("cannot listen on " + name_ + ": " + std::strerror(errno));
  }
  ~NotifySocket() { close(descriptor_); }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  /// For NOTIFY_SOCKET.
  const std::string& name() const { return name_; }
  /// The oldest message that nobody has read; empty: there is none.
  std::string next() {
    char text[4096];
    const ssize_t size = recv(descriptor_, text, sizeof text, 0);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : "";
  }

 private:
  tests::TemporaryDirectory directory_;
  const std::string name_;
  const int descriptor_;
};

}  // namespace pawl::bin
