// Names ports and folders to postgres_cluster.py.
#include "tests/faults/postgres/cluster.h"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace pawl::tests {

namespace {

void await_start(Service& service) {
  if (const std::string answer = service.read_line(); answer != "ok")
    throw std::runtime_error("no Postgres for the test: " + answer);
}

}  // namespace

Cluster::Cluster() : service_("faults/postgres_cluster.py", {folder_.path(), std::to_string(port_)}) {
  await_start(service_);
}

Cluster::Cluster(const Cluster& primary)
    : service_("faults/postgres_cluster.py", {folder_.path(), std::to_string(port_), std::to_string(primary.port_)}) {
  await_start(service_);
}

Cluster& Cluster::shared() {
  static Cluster cluster;
  static const bool named = [] {
    setenv("PGHOST", "127.0.0.1", 1);
    setenv("PGPORT", std::to_string(cluster.port_).c_str(), 1);
    setenv("PGUSER", "pawl", 1);
    unsetenv("PGPASSWORD");
    return true;
  }();
  static_cast<void>(named);
  return cluster;
}

std::string Cluster::conninfo(const std::string& database) const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " user=pawl target_session_attrs=any dbname=" + database;
}

int Cluster::logged(const std::string& text) const {
  std::ifstream log(folder_.path() + "/log");
  int found = 0;
  for (std::string line; std::getline(log, line);) found += line.find(text) != std::string::npos;
  return found;
}

}  // namespace pawl::tests
