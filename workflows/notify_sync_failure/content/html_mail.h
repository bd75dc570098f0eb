// The HTML part of the mail about a failure.
#pragma once

#include <string>

#include "workflows/depositlink/content/html_page.h"
#include "workflows/notify_sync_failure/content/facts.h"

namespace pawl::notify_sync_failure {

using depositlink::Brand;

std::string html_mail(const Facts& facts, const Brand& brand);

}  // namespace pawl::notify_sync_failure
