// The one way by which text from outside gets into what is stored, shown or mailed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::redaction {

/// Foreign text as one line of at most `max_characters`: plain (plain_text.h), redacted (redaction.h), cut with an
/// ellipsis. Of longer input only the first 8 KiB are looked at.
std::string safe_line(std::string_view raw, std::size_t max_characters);

/// The same, with its line ends kept.
std::string safe_lines(std::string_view raw, std::size_t max_characters);

}  // namespace pawl::redaction
