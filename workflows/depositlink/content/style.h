// What a deployment chooses for all that people read: links, the zone of times, the brand.
#pragma once

#include <string>

#include "workflows/depositlink/content/app_url.h"
#include "workflows/depositlink/content/brand.h"
#include "workflows/text/time_zone.h"

namespace pawl::depositlink {

/// As the settings give it; all but the first may be empty.
struct StyleSettings {
  std::string app_url = {};
  std::string connection_url = {};  ///< A pattern, as AppUrl takes it.
  std::string time_zone = {};       ///< As TimeZone finds it; empty: UTC.
  std::string brand_name = {};      ///< As Brand takes it, and the other two.
  std::string brand_logo_url = {};
  std::string brand_color = {};
};

struct Style {
  AppUrl app_url;
  text::TimeZone time_zone;  ///< Of readers who have none of their own.
  Brand brand;
};

/// Throws engine::RefusedError for what cannot be used.
Style style_of(const StyleSettings& settings);

}  // namespace pawl::depositlink
