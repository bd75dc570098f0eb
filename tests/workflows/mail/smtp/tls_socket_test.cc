// What is said over TLS while the relay's TLS has something to say first.
#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <future>
#include <stdexcept>

#include "tests/workflows/mail/smtp_server.h"
#include "workflows/mail/tls/socket.h"

using namespace pawl::mail;

namespace {

/// Takes one connection over TLS 1.2, asks for a new handshake, and reads nothing of it.
class Renegotiating {
 public:
  explicit Renegotiating(const std::string& certificate) {
    const std::string key = std::filesystem::path(certificate).parent_path() / "key.pem";
    SSL_CTX_set_max_proto_version(context_.get(), TLS1_2_VERSION);
    if (SSL_CTX_use_certificate_chain_file(context_.get(), certificate.c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
      throw std::runtime_error("no certificate");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(listening_, reinterpret_cast<const sockaddr*>(&address), size);
    listen(listening_, 1);
    getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    asked_ = std::async(std::launch::async, [this] { return ask(); }).share();
  }
  ~Renegotiating() {
    asked_.wait();
    tls_.reset();
    for (const int socket : {taken_, listening_}) close(socket);
  }
  Renegotiating(const Renegotiating&) = delete;

  int port() const { return port_; }
  bool asked() const { return asked_.get(); }

 private:
  bool ask() {
    taken_ = accept(listening_, nullptr, nullptr);
    tls_.reset(SSL_new(context_.get()));
    SSL_set_fd(tls_.get(), taken_);
    return SSL_accept(tls_.get()) == 1 && SSL_renegotiate(tls_.get()) == 1 && SSL_do_handshake(tls_.get()) == 1;
  }

  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_{SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{nullptr, SSL_free};
  const int listening_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int taken_ = -1;
  int port_ = 0;
  std::shared_future<bool> asked_;
};

}  // namespace

TEST_CASE("what TLS has to read first is waited for, and not asked about again and again") {
  const SmtpServer authority({"--tls", "starttls"});
  Renegotiating relay(authority.ca_file());
  int looks = 0;
  const SmtpPatience::Interrupted count = [&] { return ++looks, false; };
  const auto soon = [] { return SmtpPatience::Clock::now() + std::chrono::minutes{1}; };
  SmtpSocket socket("relay: ", "localhost", relay.port(), {soon(), count});
  TrustStore trusted;
  socket.start_tls(trusted.context(authority.ca_file()), {soon(), count});
  REQUIRE(relay.asked());
  std::array<char, 16> buffer{};
  REQUIRE(socket.await_bytes({soon(), count}));
  REQUIRE(socket.receive(buffer) == 0);  // the new handshake has begun
  looks = 0;
  CHECK_THROWS_WITH(socket.send("EHLO worker\r\n", std::chrono::seconds{1}, count),
                    Catch::Contains("it took nothing in time"));
  CHECK(looks > 1);
  CHECK(looks < 10);
}
