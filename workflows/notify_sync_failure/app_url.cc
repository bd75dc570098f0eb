// Checks the configured base once, so that no link has to be checked later.
#include "workflows/notify_sync_failure/app_url.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>

#include "engine/errors.h"
#include "workflows/notify_sync_failure/plain_text.h"
#include "workflows/notify_sync_failure/safe_text.h"

namespace pawl::notify_sync_failure {

namespace {

[[noreturn]] void refuse(const std::string& text, const std::string& what) {
  throw engine::RefusedError("application URL " + in_quotes(safe_line(text, 60)) + ": " + what +
                             "; give an absolute URL such as https://app.example.com");
}

// What would need escaping in the attribute of a link or in a line of text.
bool is_unsafe(char c) {
  return c <= ' ' || c >= 0x7F || std::string_view("\"'<>\\^`{|}").find(c) != std::string_view::npos;
}

Poco::URI parse(const std::string& text) try { return Poco::URI(text); } catch (const Poco::Exception&) {
  refuse(text, "not a URL");
}

}  // namespace

AppUrl::AppUrl(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), is_unsafe))
    refuse(text, "holds a blank, a quote or a character beyond ASCII");
  const Poco::URI uri = parse(text);
  if (!uri.getUserInfo().empty()) refuse(text, "holds a user or a password");
  if (uri.getScheme() != "http" && uri.getScheme() != "https") refuse(text, "neither http nor https");
  if (uri.getHost().empty()) refuse(text, "has no host");
  if (!uri.getRawQuery().empty() || !uri.getFragment().empty() || text.find_first_of("?#") != std::string::npos)
    refuse(text, "has a query or a fragment");
  base_ = text;
  while (base_.ends_with('/')) base_.pop_back();
}

std::string AppUrl::integrations_of(const std::string& org_id) const {
  std::string escaped;
  Poco::URI::encode(org_id, "/?#:;+&@=[],$", escaped);
  return base_ + "/orgs/" + escaped + "/settings/integrations";
}

}  // namespace pawl::notify_sync_failure
