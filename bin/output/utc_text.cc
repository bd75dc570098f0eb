// Formats moments.
#include "bin/output/utc_text.h"

#include <Poco/DateTimeFormatter.h>
#include <Poco/Timestamp.h>

namespace pawl::bin {

std::string utc_text(engine::Timestamp moment) {
  // Both count microseconds since the Unix epoch.
  return Poco::DateTimeFormatter::format(Poco::Timestamp(moment.time_since_epoch().count()), "%Y-%m-%dT%H:%M:%S.%iZ");
}

}  // namespace pawl::bin
