// Checks each setting once, so that no notification has to.
#include "workflows/depositlink/content/style.h"

#include "engine/authoring/errors.h"
#include "workflows/text/plain_text.h"

namespace pawl::depositlink {

namespace {

text::TimeZone time_zone_of(const std::string& name) {
  if (name.empty()) return {};
  if (const auto zone = text::TimeZone::find(name)) return *zone;
  throw engine::RefusedError("time zone " + text::in_quotes(name) +
                             ": not in this system's database (the package tzdata); give a name such as "
                             "Australia/Sydney");
}

}  // namespace

Style style_of(const StyleSettings& settings) {
  return {.app_url = AppUrl(settings.app_url, settings.connection_url),
          .time_zone = time_zone_of(settings.time_zone),
          .brand = Brand(settings.brand_name, settings.brand_logo_url, settings.brand_color)};
}

}  // namespace pawl::depositlink
