// What stands in the head of a column.
#pragma once

#include <string_view>

namespace pawl::redaction {

/// `user`, `first_name`, `API token`, `e-mail`
bool names_a_column(std::string_view cell);

/// One that tables of accounts have: where only blanks divide the heads, other words make a sentence.
bool is_usual_column(std::string_view cell);

}  // namespace pawl::redaction
