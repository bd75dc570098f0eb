// Formats moments.
#include "bin/output/utc_text.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

namespace pawl::bin {

std::string utc_text(engine::Timestamp moment) {
  // Both count microseconds since the Unix epoch.
  return Poco::DateTimeFormatter::format(Poco::Timestamp(moment.time_since_epoch().count()), "%Y-%m-%dT%H:%M:%S.%iZ");
}

std::string seconds_text(const std::string& rfc3339) {
  const std::size_t dot = rfc3339.find('.');
  return dot == std::string::npos ? rfc3339 : rfc3339.substr(0, dot).append("Z");
}

}  // namespace pawl::bin
