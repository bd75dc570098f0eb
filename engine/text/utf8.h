// Text as code points: whatever bytes come in, valid UTF-8 goes out.
#pragma once

#include <string>
#include <string_view>

namespace pawl::engine {

/// Takes the first code point off `rest`, which must not be empty. Malformed, overlong and surrogate sequences yield
/// U+FFFD and take one byte.
char32_t take_code_point(std::string_view& rest);

/// Appends a code point, as `take_code_point` gives it.
void append_code_point(std::string& text, char32_t point);

/// Whether every byte is ASCII; most text is, and needs no look at each of its code points.
bool is_ascii(std::string_view text);

/// Every byte that is not part of a well-formed character (Unicode 15, table 3-7) becomes U+FFFD; the rest stays.
std::string valid_utf8(std::string_view bytes);

}  // namespace pawl::engine
