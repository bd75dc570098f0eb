// Checks the configured base once, so that no link has to be checked later.
#include "workflows/depositlink/content/app_url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>

#include "engine/authoring/errors.h"
#include "workflows/redaction/safe_text.h"
#include "workflows/text/plain_text.h"

namespace pawl::depositlink {

namespace {

constexpr const char* kConnectionId = "{connection_id}";
constexpr const char* kOrgId = "{org_id}";

// Whatever stands before an `@` may be a password, or what is left of one that was not encoded.
std::string without_user(const std::string& url) {
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos) return url;
  const bool has_scheme = url.starts_with("https://") || url.starts_with("http://");
  return (has_scheme ? url.substr(0, url.find("://") + 3) : "") + "[redacted]" + url.substr(at);
}

[[noreturn]] void refuse(const std::string& role, const std::string& text, const std::string& what,
                         const std::string& example) {
  throw engine::RefusedError(role + " " + text::in_quotes(redaction::safe_line(without_user(text), 60)) + ": " + what +
                             "; give an absolute URL such as " + example);
}

// What would need escaping in the attribute of a link or in a line of text.
bool is_unsafe(char c) {
  return c <= ' ' || c >= 0x7F || std::string_view("\"'<>\\^`{|}").find(c) != std::string_view::npos;
}

std::string escaped(const std::string& id) {
  std::string text;
  Poco::URI::encode(id, "/?#:;+&@=[],$", text);
  return text;
}

std::string filled_in(const std::string& pattern, const std::string& org_id, const std::string& connection_id) {
  return text::replaced(text::replaced(pattern, kConnectionId, connection_id), kOrgId, org_id);
}

void require_pattern(const std::string& pattern) {
  const std::string role = "URL of a connection", example = "https://app.example.com/connections/{connection_id}";
  if (pattern.find(kConnectionId) == std::string::npos) refuse(role, pattern, "does not hold {connection_id}", example);
  const std::string sample = filled_in(pattern, "o", "c");
  if (sample.find_first_of("{}") != std::string::npos)
    refuse(role, pattern, "holds a name other than {connection_id} and {org_id}", example);
  require_url(role, sample, example);
  if (pattern.find('{') < pattern.find('/', pattern.find("://") + 3))
    refuse(role, pattern, "holds an id before its path", example);
}

}  // namespace

void require_url(const std::string& role, const std::string& text, const std::string& example) try {
  if (std::any_of(text.begin(), text.end(), is_unsafe))
    refuse(role, text, "holds a blank, a quote or a character beyond ASCII", example);
  const Poco::URI uri(text);
  // Of two `@` the library takes what is between them for the user, and forgets the password before the first.
  const std::string after_scheme = text.substr(std::min(text.find("://"), text.size()));
  if (after_scheme.find('@') < after_scheme.find_first_of("/?#", 3))
    refuse(role, text, "holds a user or a password", example);
  if (uri.getScheme() != "http" && uri.getScheme() != "https") refuse(role, text, "neither http nor https", example);
  if (uri.getHost().empty()) refuse(role, text, "has no host", example);
} catch (const Poco::Exception&) {
  refuse(role, text, "not a URL", example);
}

AppUrl::AppUrl(const std::string& text, std::string connection_pattern)
    : connection_pattern_(std::move(connection_pattern)) {
  const std::string role = "application URL", example = "https://app.example.com";
  require_url(role, text, example);
  if (text.find_first_of("?#") != std::string::npos) refuse(role, text, "has a query or a fragment", example);
  base_ = text;
  while (base_.ends_with('/')) base_.pop_back();
  if (!connection_pattern_.empty()) require_pattern(connection_pattern_);
}

std::string AppUrl::integrations_of(const std::string& org_id) const {
  return base_ + "/orgs/" + escaped(org_id) + "/settings/integrations";
}

std::string AppUrl::connection_of(const std::string& org_id, const std::string& connection_id) const {
  if (connection_pattern_.empty()) return {};
  return filled_in(connection_pattern_, escaped(org_id), escaped(connection_id));
}

}  // namespace pawl::depositlink
