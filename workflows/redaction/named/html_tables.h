// Finds the cells below a secret's name in a table of HTML.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// Of one name, however much it heads.
inline constexpr std::size_t kValuesMax = 1'000;

/// The texts of the cells in the column whose head the name at `name` is. Heads are a row of `<th>`, or of `<td>` that
/// all name a usual column. Empty where it heads nothing. At most kValuesMax of them, within 16 KiB.
std::vector<Range> cells_below_in_html(std::string_view folded, Range name);

}  // namespace pawl::redaction
