// The status pages over real sockets.
#include "bin/status/server.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/StreamCopier.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "bin/operations/runs/command_error.h"
#include "bin/status/http_connections.h"
#include "engine/authoring/errors.h"
#include "tests/bin/manual_clock.h"
#include "tests/temporary_directory.h"

using namespace pawl::bin;
using namespace std::chrono_literals;
using Poco::Net::HTTPRequest;
using Poco::Net::SocketAddress;

namespace {

struct ServerFixture {
  ManualClock clock;
  StatusBoard board{clock, {"send-email"}};
  pawl::redaction::OwnSecrets secrets;
  pawl::tests::TemporaryDirectory directory;

  static int get(const SocketAddress& address, const std::string& method, const std::string& path, std::string& body) {
    const Poco::Net::StreamSocket socket(address);
    Poco::Net::HTTPClientSession session(socket);
    HTTPRequest request(method, path, HTTPRequest::HTTP_1_1);
    request.setHost("localhost");
    session.sendRequest(request);
    Poco::Net::HTTPResponse response;
    body.clear();
    Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
    return response.getStatus();
  }
};

}  // namespace

TEST_CASE_METHOD(ServerFixture, "the pages are served on a loopback port") {
  const StatusServer server("127.0.0.1:0", board, clock, secrets);
  const SocketAddress address(server.address());
  std::string body;
  CHECK(get(address, "GET", "/healthz", body) == 200);
  CHECK(body == "ok\n");
  CHECK(get(address, "GET", "/readyz?verbose=1", body) == 503);
  board.turned({});
  CHECK(get(address, "GET", "/readyz", body) == 200);
  CHECK(get(address, "GET", "/metrics", body) == 200);
  CHECK_THAT(body, Catch::Contains("pawl_registered 1"));
  CHECK(get(address, "GET", "/nothing", body) == 404);
  CHECK(get(address, "POST", "/healthz", body) == 405);
}

TEST_CASE_METHOD(ServerFixture, "a page never holds our own secrets, in whatever form a reason quotes them") {
  secrets.add("c4nary/pass");
  pawl::engine::RunnerStatus status;
  status.open_circuits.push_back(
      {"send-email", "\x1b[31m535 AHBhd2wAYzRuYXJ5L3Bhc3M= c4nary/pass c4nary%2fpass refused"});
  board.turned(status);
  const StatusServer server("127.0.0.1:0", board, clock, secrets);
  std::string body;
  CHECK(get(SocketAddress(server.address()), "GET", "/readyz", body) == 503);
  CHECK(body == "step send-email is paused:  [31m535 ***= *** refused\n");
}

TEST_CASE_METHOD(ServerFixture,
                 "the pages are served on a Unix socket, which is removed at the end and replaced when stale") {
  const std::string path = directory.path() + "/pawl.sock";
  std::string body;
  {
    const StatusServer server("unix:" + path, board, clock, secrets);
    CHECK(get(SocketAddress(SocketAddress::UNIX_LOCAL, path), "GET", "/healthz", body) == 200);
    CHECK_THROWS_AS(StatusServer("unix:" + path, board, clock, secrets), pawl::engine::RefusedError);
  }
  CHECK_FALSE(std::filesystem::exists(path));
  { const Poco::Net::ServerSocket left_behind(SocketAddress(SocketAddress::UNIX_LOCAL, path)); }
  REQUIRE(std::filesystem::exists(path));
  const StatusServer again("unix:" + path, board, clock, secrets);
  CHECK(get(SocketAddress(SocketAddress::UNIX_LOCAL, path), "GET", "/healthz", body) == 200);
}

TEST_CASE_METHOD(ServerFixture, "a file in the way of the socket is refused and left alone") {
  const std::string path = directory.path() + "/notes.txt";
  std::ofstream(path) << "mine";
  CHECK_THROWS_AS(StatusServer("unix:" + path, board, clock, secrets), pawl::engine::RefusedError);
  CHECK(std::filesystem::exists(path));
}

TEST_CASE_METHOD(ServerFixture, "an address that is none is a usage error, one that is taken is refused") {
  CHECK_THROWS_AS(StatusServer("nonsense", board, clock, secrets), UsageError);
  CHECK_THROWS_AS(StatusServer("127.0.0.1:port", board, clock, secrets), UsageError);
  const StatusServer first("127.0.0.1:0", board, clock, secrets);
  CHECK_THROWS_AS(StatusServer(first.address(), board, clock, secrets), pawl::engine::RefusedError);
}

TEST_CASE_METHOD(ServerFixture, "clients that never end their requests keep nobody from being served") {
  const StatusServer server("127.0.0.1:0", board, clock, secrets);
  const SocketAddress address(server.address());
  std::vector<Poco::Net::StreamSocket> slow;
  for (int i = 0; i < 200; ++i) slow.emplace_back(address).sendBytes("GET /healthz HTTP/1.1\r\nX", 25);
  std::string body;
  for (int i = 0; i < 10; ++i) CHECK(get(address, "GET", "/healthz", body) == 200);
  const auto is_closed = [](Poco::Net::StreamSocket& client) { return client.poll(0, Poco::Net::Socket::SELECT_READ); };
  CHECK(std::count_if(slow.begin(), slow.end(), is_closed) >= 200 - 64);  // the oldest gave way
}

TEST_CASE("a connection has five seconds, however slowly its client writes") {
  std::array<int, 2> ends{};
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0);
  HttpConnections connections([](const std::string&) { return std::string("answer"); });
  const HttpConnections::Clock::time_point began{};
  connections.add(ends[0], began);
  const auto turn = [&](std::chrono::milliseconds after) {
    const std::string byte = "G";
    const bool is_open = send(ends[1], byte.data(), byte.size(), MSG_NOSIGNAL) == 1;
    std::vector<pollfd> polled;
    connections.append_to(polled);
    poll(polled.data(), polled.size(), 0);
    connections.turn(polled, began + after);
    return is_open;
  };
  for (const auto after : {0ms, 2000ms, 4999ms, 5000ms}) CHECK(turn(after));
  CHECK_FALSE(turn(5001ms));
  close(ends[1]);
}

TEST_CASE_METHOD(ServerFixture, "a request that comes a byte at a time is answered") {
  const StatusServer server("127.0.0.1:0", board, clock, secrets);
  Poco::Net::StreamSocket client{SocketAddress(server.address())};
  for (const char byte : std::string("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")) client.sendBytes(&byte, 1);
  std::string response(4096, '\0');
  std::size_t size = 0;
  for (int got = 1; got > 0; size += static_cast<std::size_t>(got))
    got = client.receiveBytes(response.data() + size, static_cast<int>(response.size() - size));
  CHECK_THAT(response.substr(0, size), Catch::StartsWith("HTTP/1.1 200 OK") && Catch::EndsWith("ok\n"));
}

TEST_CASE_METHOD(ServerFixture, "an address that other hosts reach is a usage error") {
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:80"})
    CHECK_THROWS_WITH(StatusServer(listen, board, clock, secrets), Catch::Contains("other hosts"));
}

TEST_CASE_METHOD(ServerFixture, "the socket is for this user and group, whatever the umask") {
  const std::string path = directory.path() + "/pawl.sock";
  for (const mode_t mask : {mode_t{0}, mode_t{0077}}) {
    const mode_t before = umask(mask);
    const StatusServer server("unix:" + path, board, clock, secrets);
    umask(before);
    CHECK(std::filesystem::status(path).permissions() == std::filesystem::perms(0660));
  }
}
