// Text as code points: whatever bytes come in, valid UTF-8 goes out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::text {

/// Takes the first code point off `rest`, which must not be empty. Malformed, overlong and surrogate sequences yield
/// U+FFFD and take one byte.
char32_t take_code_point(std::string_view& rest);

/// Appends a code point, as `take_code_point` gives it.
void append_code_point(std::string& text, char32_t point);

/// Whether every byte is ASCII; most text is, and needs no look at each of its code points.
bool is_ascii(std::string_view text);

/// One line of harmless text: runs of white space and control characters become one space, none at the ends; invisible
/// characters are dropped, but for those that shape others; cut before `bytes_max`, never inside a code point.
std::string one_line(std::string_view text, std::size_t bytes_max);

}  // namespace pawl::text
