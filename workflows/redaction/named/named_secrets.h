// Finds secrets that a name announces: `password=x`, `"client_secret": "x"`, `<token>x</token>`.
#pragma once

#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

inline constexpr std::string_view kRedacted = "[redacted]";

/// The values of such names in `text.text`, in no order, without those that are prose or kRedacted already. Linear.
std::vector<Range> secrets_by_name(const FoldedText& text);

}  // namespace pawl::redaction
