// Finds passwords by the places in which libpq and URLs put them.
#include "bin/output/redact.h"

#include "storage/postgres/passwords.h"

namespace pawl::bin {

namespace {

constexpr std::string_view kKey = "password=";

/// Where the value that starts at `from` ends: behind its closing quote, or before a space or an ampersand.
std::size_t value_end(std::string_view text, std::size_t from) {
  const bool quoted = from < text.size() && text[from] == '\'';
  for (std::size_t at = from + (quoted ? 1 : 0); at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (quoted ? text[at] == '\'' : (text[at] == ' ' || text[at] == '&')) {
      return quoted ? at + 1 : at;
    }
  }
  return text.size();
}

std::string redact_keys(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  for (auto at = text.find(kKey); at != std::string_view::npos; at = text.find(kKey, from)) {
    out += text.substr(from, at + kKey.size() - from);
    out += "***";
    from = value_end(text, at + kKey.size());
  }
  out += text.substr(from);
  return out;
}

std::string redact_authorities(std::string_view text) {
  std::string out;
  std::size_t from = 0;
  for (auto at = text.find("://"); at != std::string_view::npos; at = text.find("://", from)) {
    const std::size_t start = at + 3;
    const std::size_t end = std::min(text.find_first_of(" /?#\"\n", start), text.size());
    const std::string_view authority = text.substr(start, end - start);
    const auto host = authority.rfind('@');
    const auto colon = authority.find(':');
    out += text.substr(from, start - from);
    if (host != std::string_view::npos && colon < host) {
      out += authority.substr(0, colon);
      out += ":***";
      out += authority.substr(host);
    } else {
      out += authority;
    }
    from = end;
  }
  out += text.substr(from);
  return out;
}

}  // namespace

void mask_postgres_passwords(const std::string& conninfo, redaction::OwnSecrets& secrets) {
  for (const std::string& password : storage::postgres_passwords(conninfo)) secrets.add(password);
}

std::string redact_passwords(std::string_view text) { return redact_authorities(redact_keys(text)); }

std::string redacted(std::string_view text, const redaction::OwnSecrets& secrets) {
  return redact_passwords(secrets.masked(text));
}

std::string redacted_setting(std::string_view value, const redaction::OwnSecrets& secrets) {
  const std::size_t scheme = value.find("://");
  const std::size_t host = value.rfind('@');
  const std::size_t colon = scheme == std::string_view::npos ? scheme : value.find(':', scheme + 3);
  if (colon == std::string_view::npos || host == std::string_view::npos || colon > host)
    return redacted(value, secrets);
  std::string shown(value.substr(0, colon));
  shown.append(":***").append(value.substr(host));
  return redacted(shown, secrets);
}

}  // namespace pawl::bin
