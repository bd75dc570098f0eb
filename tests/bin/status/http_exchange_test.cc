// Which requests are answered, as text in and text out.
#include "bin/status/http_exchange.h"

#include <catch2/catch.hpp>

using namespace pawl::bin;

namespace {

std::string answer(const std::string& request, Reach reach = Reach::kTcp) {
  return answer_to(request, reach, [](const std::string& path) { return Page{.body = "page of " + path + "\n"}; });
}

int status(const std::string& request, Reach reach = Reach::kTcp) {
  return std::stoi(answer(request, reach).substr(9));
}

std::string get(const std::string& fields) { return "GET /readyz HTTP/1.1\r\n" + fields + "\r\n"; }

}  // namespace

TEST_CASE("a page is answered with its length, and the connection closed after it") {
  const std::string text = answer("GET /readyz?verbose HTTP/1.1\r\nHost: localhost:8080\r\n\r\n");
  CHECK_THAT(text, Catch::StartsWith("HTTP/1.1 200 OK\r\n") && Catch::Contains("Connection: close\r\n") &&
                       Catch::Contains("Content-Length: 16\r\n") && Catch::EndsWith("\r\n\r\npage of /readyz\n"));
  CHECK_THAT(answer("HEAD /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
             Catch::Contains("Content-Length: 16\r\n") && Catch::EndsWith("\r\n\r\n"));
}

TEST_CASE("over TCP only requests that name this host and come from no web page are answered") {
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1:9100", "127.8.9.1", "[::1]", "[::1]:80"})
    CHECK(status(get("Host: " + std::string(host) + "\r\n")) == 200);
  for (const char* host : {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "localhost:80@evil",
                           "[::1].evil", "10.0.0.1", "0.0.0.0", "", "[::1", "127.1"})
    CHECK(status(get("Host: " + std::string(host) + "\r\n")) == 403);
  CHECK(status(get("Host: localhost\r\nOrigin: https://evil.example\r\n")) == 403);
  CHECK(status(get("Host: localhost\r\norigin: null\r\n")) == 403);
  for (const char* site : {"cross-site", "same-site", "Cross-Site", "", "none, cross-site"})
    CHECK(status(get("Host: localhost\r\nSec-Fetch-Site: " + std::string(site) + "\r\n")) == 403);
  for (const char* site : {"none", "same-origin"})  // typed in by its user, or from a page of ours
    CHECK(status(get("Host: localhost\r\nsec-fetch-site: " + std::string(site) + "\r\n")) == 200);
  CHECK(status("GET /readyz HTTP/1.0\r\n\r\n") == 200);
  CHECK(status(get("Host: pawl\r\n"), Reach::kUnixSocket) == 200);
}

TEST_CASE("a request that is odd in any way is refused") {
  for (const std::string& request :
       {get(""), get("Host: localhost\r\nHost: localhost\r\n"), get("Host : localhost\r\n"),
        get("Host: localhost\r\nX : a\r\n"), get("Host: localhost\r\n folded: a\r\n"),
        get("Host: localhost\r\n folded\r\n"), std::string("GET /readyz x HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        get("Host: localhost\r\nno field\r\n"), get("Host: localhost\r\nX: a\x01\r\n"),
        get("Host: localhost\r\nX: a\rb\r\n"), std::string("GET  /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("GET http://localhost/readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        std::string("GET /readyz HTTP/2.0\r\nHost: localhost\r\n\r\n"), std::string("GET /readyz\r\n\r\n"),
        std::string("\r\n\r\n"), std::string("\x16\x03\x01\n\n")})
    CHECK(status(request) == 400);
  CHECK(status("POST /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n") == 405);
  CHECK(status(get("X: " + std::string(kRequestSizeMax, 'x') + "\r\n")) == 431);
}

TEST_CASE("a request is complete once its head is, or once it is too long") {
  CHECK_FALSE(is_complete("GET / HTTP/1.1\r\nHost: localhost\r\n"));
  CHECK(is_complete("GET / HTTP/1.1\r\n\r\n"));
  CHECK(is_complete("GET / HTTP/1.1\n\n"));
  CHECK(is_complete(std::string(kRequestSizeMax + 1, 'x')));
}
