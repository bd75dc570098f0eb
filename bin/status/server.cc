// One thread that serves status/page.h to all connections.
#include "bin/status/server.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <thread>

#include "bin/operations/runs/command_error.h"
#include "bin/output/redact.h"
#include "bin/output/terminal_text.h"
#include "bin/status/http_connections.h"
#include "bin/status/http_exchange.h"
#include "bin/status/page.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

using Poco::Net::SocketAddress;

namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr int kBacklog = 64;
constexpr int kTurnMilliseconds = 200;
constexpr mode_t kSocketMode = 0660;  // for this user and group, whatever the umask

/// A worker that was killed leaves its socket behind; it is removed only if nobody answers on it.
void remove_stale_socket(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode))
    throw engine::RefusedError("cannot listen on unix:" + path + ": a file that is no socket is in the way; move it");
  try {
    Poco::Net::StreamSocket probe(SocketAddress(SocketAddress::UNIX_LOCAL, path));
  } catch (const Poco::Exception&) {
    unlink(path.c_str());
    return;
  }
  throw engine::RefusedError("cannot listen on unix:" + path +
                             ": another process answers there; give another --listen");
}

// Whoever reaches the pages may read them.
SocketAddress loopback(const SocketAddress& address) {
  if (!address.host().isLoopback()) throw Poco::InvalidArgumentException("other hosts could reach that address");
  return address;
}

SocketAddress address_of(const std::string& listen) {
  try {
    if (!listen.starts_with(kUnixPrefix)) {
      if (listen.find(':') == std::string::npos) throw Poco::InvalidArgumentException("no port");
      return loopback(SocketAddress(listen));
    }
    const std::string path = listen.substr(kUnixPrefix.size());
    if (path.empty()) throw Poco::InvalidArgumentException("no path");
    remove_stale_socket(path);
    return SocketAddress(SocketAddress::UNIX_LOCAL, path);
  } catch (const Poco::Exception& error) {
    throw UsageError("cannot listen on '" + listen + "': " + error.displayText() +
                     "; --listen takes unix:PATH or 127.0.0.1:PORT");
  }
}

// What is left by the umask may let everybody in.
void require_mode(const std::string& path) {
  if (chmod(path.c_str(), kSocketMode) == 0) return;
  const int error = errno;
  unlink(path.c_str());
  throw Poco::IOException("cannot set the mode of the socket: " + std::generic_category().message(error));
}

Poco::Net::ServerSocket bind_to(const std::string& listen) {
  const SocketAddress address = address_of(listen);
  try {
    Poco::Net::ServerSocket socket;
    socket.bind(address, true, false);
    if (address.family() == SocketAddress::UNIX_LOCAL) require_mode(address.toString());
    socket.listen(kBacklog);  // nobody can connect before
    socket.setBlocking(false);
    return socket;
  } catch (const Poco::Exception& error) {
    throw engine::RefusedError("cannot listen on " + listen + ": " + error.displayText() + "; give another --listen");
  }
}

}  // namespace

class StatusServer::Listener {
 public:
  Listener(const std::string& listen, const StatusBoard& board, const engine::Clock& clock,
           const redaction::OwnSecrets& secrets)
      : board_(board),
        clock_(clock),
        secrets_(secrets),
        socket_(bind_to(listen)),
        unix_path_(listen.starts_with(kUnixPrefix) ? listen.substr(kUnixPrefix.size()) : ""),
        stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { serve(); }) {}
  ~Listener() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(stop_, &one, sizeof one);
    thread_.join();
    close(stop_);
    if (!unix_path_.empty()) unlink(unix_path_.c_str());
  }
  Listener(const Listener&) = delete;

  std::string address() const {
    return unix_path_.empty() ? socket_.address().toString() : std::string(kUnixPrefix) + unix_path_;
  }

 private:
  void serve() {
    HttpConnections connections([this](const std::string& request) { return answer(request); });
    const int listener = socket_.impl()->sockfd();
    for (std::vector<pollfd> polled;;) {
      polled = {{.fd = stop_, .events = POLLIN, .revents = 0}, {.fd = listener, .events = POLLIN, .revents = 0}};
      connections.append_to(polled);
      poll(polled.data(), polled.size(), kTurnMilliseconds);
      if (polled[0].revents != 0) return;
      connections.turn(polled, HttpConnections::Clock::now());
      if (polled[1].revents != 0) accept_from(listener, connections);
    }
  }

  // Without descriptors the oldest connection gives way, or the next try waits: the listener would be ready for ever.
  static void accept_from(int listener, HttpConnections& connections) {
    const int accepted = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (accepted >= 0) return connections.add(accepted, HttpConnections::Clock::now());
    if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
    connections.drop_oldest();
    poll(nullptr, 0, kTurnMilliseconds);
  }

  std::string answer(const std::string& request) const {
    return answer_to(request, unix_path_.empty() ? Reach::kTcp : Reach::kUnixSocket, [this](const std::string& path) {
      WorkerStatus status = board_.read();
      if (path == "/metrics" && !status.checkpoints.empty()) status.disk = look_at_disk(status.checkpoints);
      Page page = page_of(path, status, clock_.now());
      page.body = terminal_text(redacted(page.body, secrets_));
      return page;
    });
  }

  const StatusBoard& board_;
  const engine::Clock& clock_;
  const redaction::OwnSecrets& secrets_;
  Poco::Net::ServerSocket socket_;
  const std::string unix_path_;
  const int stop_;
  std::thread thread_;
};

StatusServer::StatusServer(const std::string& listen, const StatusBoard& board, const engine::Clock& clock,
                           const redaction::OwnSecrets& secrets)
    : listener_(std::make_unique<Listener>(listen, board, clock, secrets)) {}
StatusServer::~StatusServer() = default;

std::string StatusServer::address() const { return listener_->address(); }

}  // namespace pawl::bin
