// A moment as text: RFC 3339, UTC, milliseconds.
#pragma once

#include <string>

#include "engine/authoring/clock.h"

namespace pawl::bin {

/// For example `2026-11-24T03:00:00.125Z`.
std::string utc_text(engine::Timestamp moment);

/// Such a text without its fraction of a second.
std::string seconds_text(const std::string& rfc3339);

}  // namespace pawl::bin
