// Asks the system what this host is called.
#include "workflows/mail/smtp/identity/ehlo_name.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "workflows/text/ascii.h"

namespace pawl::mail {
namespace {

constexpr std::size_t kNameMax = 253;
constexpr std::size_t kLabelMax = 63;
constexpr std::chrono::seconds kResolverMax{5};

bool is_label_char(char c) { return text::is_alphanumeric(c) || c == '-'; }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLabelMax && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, is_label_char);
}

bool is_domain(std::string_view name) {
  if (name.size() > kNameMax) return false;
  while (true) {
    const std::string_view label = name.substr(0, name.find('.'));
    if (!is_label(label)) return false;
    if (label.size() == name.size()) return !std::ranges::all_of(label, text::is_digit);
    name.remove_prefix(label.size() + 1);
  }
}

bool is_address_literal(std::string_view name) {
  constexpr std::string_view kIpv6 = "IPv6:";
  if (name.size() < 2 || name.front() != '[' || name.back() != ']') return false;
  name = name.substr(1, name.size() - 2);
  const bool ipv6 = name.starts_with(kIpv6);
  if (ipv6) name.remove_prefix(kIpv6.size());
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(ipv6 ? AF_INET6 : AF_INET, std::string(name).c_str(), bytes.data()) == 1;
}

// `localhost.localdomain` is every host's name, and so nobody's.
bool is_full_name(const std::string& name) {
  return name.find('.') != std::string::npos && is_domain(name) && !name.starts_with("localhost.");
}

std::string canonical_name(const std::string& host) {
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  std::string name = found->ai_canonname ? found->ai_canonname : "";
  freeaddrinfo(found);
  return name;
}

}  // namespace

bool is_ehlo_name(std::string_view name) { return is_domain(name) || is_address_literal(name); }

std::string full_host_name() {
  std::array<char, kNameMax + 2> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) return {};
  const std::string own = host.data();
  if (is_full_name(own)) return own;
  // On a thread of its own, which outlives this call when the name server is silent.
  const auto promise = std::make_shared<std::promise<std::string>>();
  std::future<std::string> answer = promise->get_future();
  std::thread([promise, own] { promise->set_value(canonical_name(own)); }).detach();
  if (answer.wait_for(kResolverMax) != std::future_status::ready) return {};
  const std::string canonical = answer.get();
  return is_full_name(canonical) ? canonical : "";
}

}  // namespace pawl::mail
