// Where the application lives: the base of the one link that every notification carries.
#pragma once

#include <string>

namespace pawl::notify_sync_failure {

class AppUrl {
 public:
  /// `text` is an absolute http or https URL, with or without a path, without user, query and fragment. Throws
  /// engine::RefusedError saying what is wrong with it and which forms are accepted.
  explicit AppUrl(const std::string& text);

  /// `{app_url}/orgs/{org_id}/settings/integrations`, the id escaped.
  std::string integrations_of(const std::string& org_id) const;

 private:
  std::string base_;  ///< Without a slash at its end.
};

}  // namespace pawl::notify_sync_failure
