// Takes the secrets out of a JSON document and leaves everything else as it stands there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::redaction {

/// Every string value redacted (redaction.h), alone and beside its name; numbers, names and blanks stay byte for byte.
/// Nothing where no string changes. Of what is no valid JSON, what looks like its strings. Linear; as deep as it likes.
std::optional<std::string> redacted_json(std::string_view json);

}  // namespace pawl::redaction
