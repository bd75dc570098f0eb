// A real SMTP server for tests: starts smtp_server.py, scripts its failures, and reads what it received.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/service.h"

namespace pawl::mail {

/// Listens on 127.0.0.1 from construction to destruction; the server also dies with the test. Throws std::runtime_error
/// when the server does not do what it is told.
class SmtpServer {
 public:
  /// Options of smtp_server.py, for example `{"--tls", "starttls", "--fail", "rcpt:bob=550 5.1.1 gone"}`.
  explicit SmtpServer(const std::vector<std::string>& options = {});
  ~SmtpServer();
  SmtpServer(const SmtpServer&) = delete;
  SmtpServer& operator=(const SmtpServer&) = delete;

  int port() const { return port_; }
  /// For PAWL_MAIL: `smtp://127.0.0.1:PORT?tls=none`, `smtp://localhost:PORT?ca=FILE` or
  /// `smtps://localhost:PORT?ca=FILE`, as its --tls wants it.
  std::string url(const std::string& user = "") const;
  /// The server's own certificate.
  std::string ca_file() const { return folder_ / "certificate.pem"; }

  /// Adds a rule (see smtp_server.py), `clear`s them or closes all connections by `hangup`; done when this returns.
  void tell(const std::string& rule);

  /// What was accepted, in order: objects with from, to, subject, headers, text, html, parts, defects as Python's
  /// parser sees them, and raw, envelope_from, envelope_to, connection, pipelined, tls and login.
  std::vector<nlohmann::json> received() const;
  /// Forgets what was accepted so far.
  void forget();
  /// Every command in order, after the number of its connection, such as `1 RCPT TO:<ada@example.test>`; CONNECT and
  /// DOT are noted as if they were commands.
  std::vector<std::string> commands() const;
  /// How many of commands() begin with this after the number.
  std::size_t count(const std::string& command) const;

 private:
  std::filesystem::path folder_;
  std::string tls_ = "none";
  std::unique_ptr<tests::Service> service_;
  int port_ = 0;
};

}  // namespace pawl::mail
