// Where the application lives: the links that notifications carry.
#pragma once

#include <string>

namespace pawl::depositlink {

/// Throws engine::RefusedError, naming what the URL is for and a form that is accepted, unless `text` is an absolute
/// http or https URL without user, and safe in an attribute of HTML or in a line of text.
void require_url(const std::string& role, const std::string& text, const std::string& example);

class AppUrl {
 public:
  /// `text` is an absolute http or https URL, with or without a path, without user, query and fragment.
  /// `connection_pattern` is a whole URL of a connection's page, with `{connection_id}` and perhaps `{org_id}` behind
  /// its host; empty where the application has no such page. Throws engine::RefusedError saying what is wrong with
  /// either and which forms are accepted.
  explicit AppUrl(const std::string& text, std::string connection_pattern = {});

  /// `{app_url}/orgs/{org_id}/settings/integrations`, the id escaped.
  std::string integrations_of(const std::string& org_id) const;
  /// The pattern with both ids escaped; empty without one.
  std::string connection_of(const std::string& org_id, const std::string& connection_id) const;

 private:
  std::string base_;  ///< Without a slash at its end.
  std::string connection_pattern_;
};

}  // namespace pawl::depositlink
