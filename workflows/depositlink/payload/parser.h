// The fields of a payload, found in its JSON: as they stand there, secrets and all.
#pragma once

#include <string>

#include "workflows/depositlink/payload/fields.h"

namespace pawl::depositlink {

/// Throws engine::PermanentError when the payload is no JSON object or is nested too deep, without showing a piece of
/// it. Bytes that are no UTF-8 become U+FFFD; of a name that stands twice, the last counts.
PayloadFields parse_fields(const std::string& payload, FieldSpecs specs);

}  // namespace pawl::depositlink
