// The mail of a failed sync as the settings make it, for whoever words templates or looks at it in a browser.
#pragma once

#include <string>

#include "bin/settings/settings.h"

namespace pawl::bin {

enum class MailPart { kSubject, kText, kHtml };

struct PreviewRequest {
  MailPart part = MailPart::kText;
  std::string payload;  ///< Of an event, as JSON; empty: a sample's.
  std::string organisation = "Acme Lettings";
};

/// That part, as it would be sent. Throws UsageError for settings or a payload that cannot be used.
std::string preview_mail(const Settings& settings, const PreviewRequest& request);

}  // namespace pawl::bin
