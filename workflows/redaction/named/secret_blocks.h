// Finds the values of a secret's name that stand apart from it: in the lines below, or in a column.
#pragma once

#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// What the name at `name` heads: the entries of a YAML list or map below it, the body of a here-document, the cells of
/// a table's column, or its place in the lists behind `insert into t (a, b) values`. Empty where it heads nothing.
/// Values without their quotes, at most kValuesMax of them.
std::vector<Range> values_headed_by(const FoldedText& text, Range name);

}  // namespace pawl::redaction
