// Text as code points, and lines of harmless text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/text/utf8.h"

namespace pawl::text {

using engine::append_code_point;
using engine::is_ascii;
using engine::take_code_point;
using engine::valid_utf8;

/// Whether it is one line of printable ASCII, with single spaces and none at the ends, as nearly all lines are:
/// cleaning would change nothing of it.
bool is_plain_line(std::string_view text);

/// One line of harmless text: runs of white space and control characters become one space, none at the ends; invisible
/// characters are dropped, but for those that shape others; cut before `bytes_max`, never inside a code point.
std::string one_line(std::string_view text, std::size_t bytes_max);

}  // namespace pawl::text
