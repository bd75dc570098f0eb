// What a service manager hears of a worker.
#include "bin/worker/service_manager.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/bin/worker/notify_socket.h"

using namespace pawl::bin;
using namespace std::chrono_literals;

namespace {

/// What a manager would set for its service; taken away again at the end.
struct ServiceManagerFixture {
  ~ServiceManagerFixture() {
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
  }
  NotifySocket socket;
  const ServiceManager::Clock::time_point start = ServiceManager::Clock::now();
};

}  // namespace

TEST_CASE_METHOD(ServiceManagerFixture, "a service manager is told of readiness, stopping and a status of one line") {
  setenv("NOTIFY_SOCKET", socket.name().c_str(), 1);
  const ServiceManager manager;
  manager.ready();
  CHECK(socket.next() == "READY=1\nSTATUS=registered, handling events");
  manager.status("no answer\nWATCHDOG=trigger");
  CHECK(socket.next() == "STATUS=no answer WATCHDOG=trigger");
  manager.stopping();
  CHECK(socket.next() == "STOPPING=1\nSTATUS=draining");
}

TEST_CASE_METHOD(ServiceManagerFixture, "a service manager may listen on an abstract socket") {
  NotifySocket abstract(NotifySocket::Kind::kAbstract);
  setenv("NOTIFY_SOCKET", abstract.name().c_str(), 1);
  ServiceManager().ready();
  CHECK_THAT(abstract.next(), Catch::StartsWith("READY=1"));
}

TEST_CASE_METHOD(ServiceManagerFixture,
                 "a watchdog hears at most four signs of life an interval, and only of the process it asks") {
  setenv("NOTIFY_SOCKET", socket.name().c_str(), 1);
  ServiceManager unwatched;
  unwatched.alive(start);
  setenv("WATCHDOG_USEC", "4000000", 1);
  setenv("WATCHDOG_PID", "1", 1);
  ServiceManager another;
  another.alive(start);
  CHECK(socket.next() == "");
  setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
  ServiceManager watched;
  for (const auto after : {0ms, 400ms, 999ms, 1000ms, 1500ms, 2000ms}) watched.alive(start + after);
  for (int told = 0; told < 3; ++told) CHECK(socket.next() == "WATCHDOG=1");
  CHECK(socket.next() == "");
}

TEST_CASE_METHOD(ServiceManagerFixture, "a service manager that is not there, or does not read, is not waited for") {
  ServiceManager().ready();
  setenv("NOTIFY_SOCKET", "/nonexistent/socket", 1);
  ServiceManager().ready();
  setenv("NOTIFY_SOCKET", std::string(200, '/').c_str(), 1);
  ServiceManager().ready();
  setenv("NOTIFY_SOCKET", socket.name().c_str(), 1);
  const ServiceManager manager;
  for (int told = 0; told < 1000; ++told) manager.stopping();  // more than the socket's queue takes
  CHECK_THAT(socket.next(), Catch::StartsWith("STOPPING=1"));
}
