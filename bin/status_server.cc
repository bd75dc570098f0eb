// Poco's HTTP server around status_page.h.
#include "bin/status_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/ThreadPool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bin/command_error.h"
#include "bin/redact.h"
#include "bin/status_page.h"
#include "engine/errors.h"

namespace pawl::bin {

using Poco::Net::HTTPServerRequest;
using Poco::Net::HTTPServerResponse;
using Poco::Net::SocketAddress;

namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr int kBacklog = 16;

class PageHandler final : public Poco::Net::HTTPRequestHandler {
 public:
  PageHandler(const StatusBoard& board, const engine::Clock& clock, const mail::OwnSecrets& secrets)
      : board_(board), clock_(clock), secrets_(secrets) {}

  void handleRequest(HTTPServerRequest& request, HTTPServerResponse& response) override {
    Page page{.status = 405, .body = "only GET\n"};
    if (request.getMethod() == "GET" || request.getMethod() == "HEAD") {
      const std::string uri = request.getURI();
      page = page_of(uri.substr(0, uri.find('?')), board_.read(), clock_.now());
      page.body = redacted(page.body, secrets_);
    }
    response.setStatusAndReason(static_cast<HTTPServerResponse::HTTPStatus>(page.status));
    response.setContentType(page.content_type);
    response.set("Cache-Control", "no-store");
    response.sendBuffer(page.body.data(), page.body.size());
  }

 private:
  const StatusBoard& board_;
  const engine::Clock& clock_;
  const mail::OwnSecrets& secrets_;
};

class PageFactory final : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  PageFactory(const StatusBoard& board, const engine::Clock& clock, const mail::OwnSecrets& secrets)
      : board_(board), clock_(clock), secrets_(secrets) {}
  Poco::Net::HTTPRequestHandler* createRequestHandler(const HTTPServerRequest&) override {
    return new PageHandler(board_, clock_, secrets_);
  }

 private:
  const StatusBoard& board_;
  const engine::Clock& clock_;
  const mail::OwnSecrets& secrets_;
};

Poco::Net::HTTPServerParams::Ptr server_params() {
  Poco::Net::HTTPServerParams::Ptr params = new Poco::Net::HTTPServerParams;
  params->setMaxThreads(2);
  params->setMaxQueued(kBacklog);
  params->setTimeout(Poco::Timespan(5, 0));
  params->setKeepAlive(false);
  return params;
}

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

SocketAddress address_of(const std::string& listen) {
  try {
    if (!listen.starts_with(kUnixPrefix)) {
      if (listen.find(':') == std::string::npos) throw Poco::InvalidArgumentException("no port");
      return SocketAddress(listen);
    }
    const std::string path = listen.substr(kUnixPrefix.size());
    remove_stale_socket(path);
    return SocketAddress(SocketAddress::UNIX_LOCAL, path);
  } catch (const Poco::Exception& error) {
    throw UsageError("cannot listen on '" + listen + "': " + error.displayText() +
                     "; --listen takes unix:PATH or 127.0.0.1:PORT");
  }
}

Poco::Net::ServerSocket bind_to(const std::string& listen) {
  const SocketAddress address = address_of(listen);
  try {
    Poco::Net::ServerSocket socket;
    socket.bind(address, true, false);
    socket.listen(kBacklog);
    return socket;
  } catch (const Poco::Exception& error) {
    throw engine::RefusedError("cannot listen on " + listen + ": " + error.displayText() + "; give another --listen");
  }
}

}  // namespace

class StatusServer::Body {
 public:
  Body(const std::string& listen, const StatusBoard& board, const engine::Clock& clock, const mail::OwnSecrets& secrets)
      : socket_(bind_to(listen)),
        unix_path_(listen.starts_with(kUnixPrefix) ? listen.substr(kUnixPrefix.size()) : ""),
        threads_(1, 2),
        server_(new PageFactory(board, clock, secrets), threads_, socket_, server_params()) {
    server_.start();
  }
  ~Body() {
    server_.stopAll(true);
    threads_.joinAll();
    if (!unix_path_.empty()) unlink(unix_path_.c_str());
  }

  std::string address() const {
    return unix_path_.empty() ? socket_.address().toString() : std::string(kUnixPrefix) + unix_path_;
  }

 private:
  Poco::Net::ServerSocket socket_;
  std::string unix_path_;
  Poco::ThreadPool threads_;
  Poco::Net::HTTPServer server_;
};

StatusServer::StatusServer(const std::string& listen, const StatusBoard& board, const engine::Clock& clock,
                           const mail::OwnSecrets& secrets)
    : body_(std::make_unique<Body>(listen, board, clock, secrets)) {}
StatusServer::~StatusServer() = default;

std::string StatusServer::address() const { return body_->address(); }

}  // namespace pawl::bin
