// Reads a request's head strictly (RFC 9112): what is odd in it is refused.
#include "bin/status/http_exchange.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "workflows/text/ascii.h"

namespace pawl::bin {

namespace {

constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kNotAllowed = 405;
constexpr int kTooLong = 431;

struct Reason {
  int status;
  const char* phrase;
};
constexpr std::array kReasons{Reason{200, "OK"},
                              Reason{kBadRequest, "Bad Request"},
                              Reason{kForbidden, "Forbidden"},
                              Reason{404, "Not Found"},
                              Reason{kNotAllowed, "Method Not Allowed"},
                              Reason{kTooLong, "Request Header Fields Too Large"},
                              Reason{503, "Service Unavailable"}};

struct Request {
  std::string method, target, version;
  std::vector<std::string> hosts;
  bool is_from_page = false;
};

std::string text_response(const Page& page, bool with_body) {
  const auto reason = std::ranges::find(kReasons, page.status, &Reason::status);
  std::string text = "HTTP/1.1 " + std::to_string(page.status) + " " +
                     (reason == kReasons.end() ? "Status" : reason->phrase) + "\r\nContent-Type: " + page.content_type +
                     "\r\nContent-Length: " + std::to_string(page.body.size()) +
                     "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n";
  if (page.status == kNotAllowed) text += "Allow: GET, HEAD\r\n";
  return text + "\r\n" + (with_body ? page.body : "");
}

std::vector<std::string> lines_of(std::string_view head) {
  std::vector<std::string> lines;
  while (!head.empty()) {
    const std::size_t end = head.find('\n');
    std::string line(head.substr(0, end));
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) break;
    lines.push_back(std::move(line));
    head.remove_prefix(end == std::string_view::npos ? head.size() : end + 1);
  }
  return lines;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

bool read_request_line(const std::string& line, Request& request) {
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string::npos || first == last) return false;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.version = line.substr(last + 1);
  return request.target.starts_with('/') && request.target.find(' ') == std::string::npos &&
         (request.version == "HTTP/1.1" || request.version == "HTTP/1.0");
}

bool read_field(const std::string& line, Request& request) {
  const std::size_t colon = line.find(':');
  if (colon == std::string::npos || colon == 0 || line.find_first_of(" \t") < colon) return false;
  const std::string name = text::lower_cased(line.substr(0, colon));
  const std::size_t from = line.find_first_not_of(" \t", colon + 1);
  std::string value = from == std::string::npos ? "" : line.substr(from);
  value.erase(value.find_last_not_of(" \t") + 1);
  if (name == "host") request.hosts.push_back(text::lower_cased(value));
  const bool is_own_fetch = name == "sec-fetch-site" && (value == "none" || value == "same-origin");
  if (name == "origin" || (name == "sec-fetch-site" && !is_own_fetch)) request.is_from_page = true;
  return true;
}

std::optional<Request> parsed(std::string_view head) {
  const std::vector<std::string> lines = lines_of(head);
  Request request;
  if (lines.empty() || !read_request_line(lines.front(), request)) return std::nullopt;
  for (std::size_t i = 1; i < lines.size(); ++i)
    if (!read_field(lines[i], request)) return std::nullopt;
  const auto is_odd = [](const std::string& line) { return std::ranges::any_of(line, is_control); };
  if (std::ranges::any_of(lines, is_odd)) return std::nullopt;
  const bool needs_host = request.version == "HTTP/1.1";
  if (request.hosts.size() > 1 || (needs_host && request.hosts.empty())) return std::nullopt;
  return request;
}

bool is_port(std::string_view text) {
  return text.empty() ||
         (text.front() == ':' && std::ranges::all_of(text.substr(1), [](unsigned char c) { return std::isdigit(c); }));
}

bool names_this_host(const std::string& host) {
  const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : std::min(host.find(':'), host.size());
  const std::string name = host.substr(0, end);
  in_addr address{};
  const bool is_loopback = inet_pton(AF_INET, name.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
  return is_port(std::string_view(host).substr(end)) && (name == "localhost" || name == "[::1]" || is_loopback);
}

}  // namespace

bool is_complete(std::string_view request) {
  return request.find("\r\n\r\n") != std::string_view::npos || request.find("\n\n") != std::string_view::npos ||
         request.size() > kRequestSizeMax;
}

std::string answer_to(std::string_view request, Reach reach, const std::function<Page(const std::string& path)>& page) {
  if (request.size() > kRequestSizeMax) return text_response({.status = kTooLong, .body = "too long\n"}, true);
  const std::optional<Request> read = parsed(request);
  if (!read) return text_response({.status = kBadRequest, .body = "no well-formed request\n"}, true);
  const bool is_head = read->method == "HEAD";
  if (!is_head && read->method != "GET") return text_response({.status = kNotAllowed, .body = "only GET\n"}, true);
  const bool is_foreign = read->is_from_page || (!read->hosts.empty() && !names_this_host(read->hosts.front()));
  if (reach == Reach::kTcp && is_foreign)
    return text_response({.status = kForbidden, .body = "only for programs of this host, by its name localhost\n"},
                         !is_head);
  return text_response(page(read->target.substr(0, read->target.find('?'))), !is_head);
}

}  // namespace pawl::bin
