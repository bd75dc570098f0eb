// The HTML part of the mail: one page that reads well in every mail program, light or dark, wide or narrow.
#pragma once

#include <string>

#include "workflows/notify_sync_failure/content/brand.h"
#include "workflows/notify_sync_failure/content/facts.h"

namespace pawl::notify_sync_failure {

std::string html_mail(const Facts& facts, const Brand& brand);

/// `text` as it must stand in HTML, between tags or in a quoted attribute, to be read as itself.
std::string html_escaped(const std::string& text);

}  // namespace pawl::notify_sync_failure
