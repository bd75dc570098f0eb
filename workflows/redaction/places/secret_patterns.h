// Finds secrets that are known by their own form or by the place they stand in, whatever they are named.
#pragma once

#include <string_view>
#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// The secrets in a folded text, in no order, some perhaps more than once. Linear.
std::vector<Range> secrets_by_pattern(std::string_view folded);

}  // namespace pawl::redaction
