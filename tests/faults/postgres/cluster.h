// Private Postgres servers for a test, and what stands between them and a client.
#pragma once

#include <string>

#include "tests/service.h"
#include "tests/temporary_directory.h"

namespace pawl::tests {

/// A cluster of its own on a port of 127.0.0.1, superuser `pawl`, no password; role `with_password` needs one.
class Cluster {
 public:
  Cluster();
  /// A streaming standby called `standby`.
  explicit Cluster(const Cluster& primary);

  /// One for the whole process. The first call also makes it what libpq's environment names, so that
  /// tests::PostgresFixture creates its databases there.
  static Cluster& shared();

  int port() const { return port_; }
  std::string conninfo(const std::string& database) const;
  void start() { service_.tell("start"); }
  void stop(const std::string& mode) { service_.tell("stop " + mode); }
  void restart(const std::string& mode) { service_.tell("restart " + mode); }
  void promote() { service_.tell("promote"); }
  /// How many lines of the server's log contain the text.
  int logged(const std::string& text) const;

 private:
  tests::TemporaryDirectory folder_;
  int port_ = free_port();
  Service service_;
};

/// PgBouncer in transaction mode in front of a cluster.
class PgBouncer {
 public:
  explicit PgBouncer(const Cluster& cluster)
      : service_("faults/pgbouncer.py", {folder_.path(), std::to_string(port_), std::to_string(cluster.port())}) {
    service_.read_line();
  }
  std::string conninfo(const std::string& database) const {
    return "host=127.0.0.1 port=" + std::to_string(port_) + " user=pawl dbname=" + database;
  }
  void restart() {
    service_.tell("stop");
    service_.tell("start");
  }

 private:
  tests::TemporaryDirectory folder_;
  int port_ = free_port();
  Service service_;
};

/// A TCP proxy in front of a cluster, told by the lines of tcp_proxy.py.
class TcpProxy {
 public:
  explicit TcpProxy(const Cluster& cluster) : service_("faults/tcp_proxy.py", {std::to_string(cluster.port())}) {
    port_ = service_.read_line();
  }
  std::string conninfo(const std::string& database) const {
    return "host=127.0.0.1 port=" + port_ + " user=pawl dbname=" + database;
  }
  void tell(const std::string& line) { service_.tell(line); }
  int fired() { return std::stoi(service_.ask("fired")); }
  int connections() { return std::stoi(service_.ask("connections")); }

 private:
  Service service_;
  std::string port_;
};

}  // namespace pawl::tests
