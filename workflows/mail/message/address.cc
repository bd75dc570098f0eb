// Cleans addresses, maps their domains with libidn2, and checks them against RFC 5321 and RFC 6531.
#include "workflows/mail/message/address.h"

#include <arpa/inet.h>
#include <idn2.h>

#include <algorithm>
#include <memory>

#include "workflows/text/ascii.h"
#include "workflows/text/utf8.h"

namespace pawl::mail {
namespace {

constexpr std::size_t kAddressMax = 254;
constexpr std::size_t kLocalPartMax = 64;
constexpr std::size_t kLabelMax = 63;

using Reason = std::optional<std::string>;

bool is_beyond_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_local_char(char c) {
  return text::is_alphanumeric(c) || is_beyond_ascii(c) ||
         std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_label_char(char c) { return text::is_alphanumeric(c) || c == '-' || c == '_'; }

bool is_label(std::string_view part) {
  return !part.empty() && part.size() <= kLabelMax && part.front() != '-' && part.back() != '-' &&
         std::ranges::all_of(part, is_label_char);
}

bool is_space(char32_t point) {
  return point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85 || point == 0xA0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F ||
         point == 0x205F || point == 0x3000;
}

// Shown by nothing, and part of no mailbox's name. The joiners, which some scripts need between letters, are not here.
bool is_invisible(char32_t point) {
  return point == 0xAD || point == 0x61C || point == 0x180E || point == 0x200B || point == 0x200E || point == 0x200F ||
         (point >= 0x202A && point <= 0x202E) || point == 0x2060 || (point >= 0x2066 && point <= 0x2069) ||
         point == 0xFEFF;
}

bool is_around(char32_t point) { return is_space(point) || is_invisible(point) || point == 0x200C || point == 0x200D; }

// Copies the bytes of each character that is kept, malformed ones too: they are for `why_unusable` to find.
std::string trimmed(std::string_view typed) {
  std::string text;
  std::size_t end = 0;  // of the last character that may end an address
  while (!typed.empty()) {
    std::string_view rest = typed;
    const char32_t point = text::take_code_point(rest);
    const std::string_view bytes = typed.substr(0, typed.size() - rest.size());
    typed = rest;
    if (is_invisible(point) || (text.empty() && is_around(point))) continue;
    text += bytes;
    if (!is_around(point)) end = text.size();
  }
  text.resize(end);
  return text;
}

bool is_trim(std::string_view text) {
  return text::is_ascii(text) && (text.empty() || (!is_around(static_cast<unsigned char>(text.front())) &&
                                                   !is_around(static_cast<unsigned char>(text.back()))));
}

// The `@` before the domain: the one after the quoted string, else the last.
std::size_t find_at(std::string_view address) {
  if (!address.starts_with('"')) return address.rfind('@');
  for (std::size_t i = 1; i < address.size(); ++i) {
    if (address[i] == '\\')
      ++i;
    else if (address[i] == '"')
      return i + 1 < address.size() && address[i + 1] == '@' ? i + 1 : std::string_view::npos;
  }
  return std::string_view::npos;
}

struct AsciiDomain {
  std::string text;   // Lower case; empty where there is none.
  std::string error;  // Why there is none.
};

AsciiDomain ascii_domain(const std::string& domain) {
  char* mapped = nullptr;
  const int code = idn2_to_ascii_8z(domain.c_str(), &mapped, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (code != IDN2_OK) return {{}, idn2_strerror(code)};
  const std::unique_ptr<char, void (*)(void*)> owned(mapped, idn2_free);
  return {mapped, {}};
}

bool is_literal(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) return false;
  constexpr std::string_view kIpv6 = "[IPv6:";
  const bool ipv6 = domain.starts_with(kIpv6);
  const std::size_t start = ipv6 ? kIpv6.size() : 1;
  if (domain.size() <= start) return false;
  const std::string host(domain.substr(start, domain.size() - 1 - start));
  in6_addr address{};
  return inet_pton(ipv6 ? AF_INET6 : AF_INET, host.c_str(), &address) == 1;
}

bool is_host_name(std::string_view domain) {
  while (true) {
    const std::size_t dot = domain.find('.');
    if (!is_label(domain.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

Reason wrong_with_domain(std::string_view domain) {
  if (!text::is_ascii(domain)) {
    const std::string error = ascii_domain(std::string(domain)).error;
    return "the part after the @ is not an internationalised host name" + (error.empty() ? "" : ": " + error);
  }
  if (domain.starts_with('[')) {
    if (is_literal(domain)) return std::nullopt;
    return "the part after the @ is not an IP address in brackets, such as [192.0.2.1] or [IPv6:2001:db8::1]";
  }
  if (is_host_name(domain)) return std::nullopt;
  return "the part after the @ is not a host name";
}

Reason wrong_with_text(std::string_view address) {
  while (!address.empty()) {
    const std::string_view before = address;
    const char32_t point = text::take_code_point(address);
    const bool malformed = point == 0xFFFD && !before.starts_with("\xEF\xBF\xBD");
    if (malformed) return "the address is not valid UTF-8";
    if ((point >= 0x80 && point < 0xA0) || point == 0x2028 || point == 0x2029)
      return "the address has control characters in it";
  }
  return std::nullopt;
}

// `find_at` has seen to it that a quoted one ends where it must.
Reason wrong_with_local_part(std::string_view local) {
  if (local.size() > kLocalPartMax) return "the part before the @ is longer than 64 octets";
  if (local.empty() || local == "\"\"") return "the part before the @ is empty";
  if (local.starts_with('"')) return std::nullopt;
  for (std::string_view rest = local; !rest.empty();)
    if (is_space(text::take_code_point(rest))) return "the part before the @ has a space in it";
  if (!std::ranges::all_of(local, is_local_char))
    return "the part before the @ has a character that needs quotes around the part";
  return std::nullopt;
}

}  // namespace

std::string normalised_address(std::string_view typed) {
  std::string address = is_trim(typed) ? std::string(typed) : trimmed(typed);
  const std::size_t at = find_at(address);
  if (at == std::string::npos) return address;
  if (address.ends_with('.') && at + 2 < address.size()) address.pop_back();  // The root, which mail does not name.
  std::string domain = address.substr(at + 1);
  if (text::is_ascii(domain) || domain.find('\0') != std::string::npos) return address;
  domain = ascii_domain(domain).text;
  return domain.empty() ? address : address.substr(0, at + 1) + domain;
}

std::optional<std::string> why_unusable(std::string_view address) {
  if (address.empty()) return "the address is empty";
  if (std::ranges::any_of(address, is_control)) return "the address has control characters in it";
  if (!text::is_ascii(address))
    if (Reason reason = wrong_with_text(address)) return reason;
  if (address.size() > kAddressMax) return "the address is longer than 254 octets";
  const std::size_t at = find_at(address);
  if (at == std::string_view::npos)
    return address.starts_with('"') ? "the quoted part is not followed by an @" : "the address has no @";
  if (Reason reason = wrong_with_local_part(address.substr(0, at))) return reason;
  return wrong_with_domain(address.substr(at + 1));
}

std::string mail_domain(std::string_view normalised) {
  const std::size_t at = find_at(normalised);
  return at == std::string_view::npos ? std::string() : text::lower_cased(std::string(normalised.substr(at + 1)));
}

std::string mailbox_key(std::string_view normalised) { return text::lower_cased(std::string(normalised)); }

}  // namespace pawl::mail
