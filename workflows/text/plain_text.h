// Foreign text made printable: valid UTF-8, no control characters, no invisible direction changes, bounded.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::text {

/// One line: C0 and C1 controls, bidi overrides and invisible characters are dropped, any run of white space and line
/// ends becomes one space, the ends are trimmed. Of combining marks at most four follow one another.
std::string plain_line(std::string_view bytes);

/// The same for a text of several lines: line ends stay, as '\n', at most two in a row, and so does the indentation of
/// lines, in spaces, but for that of the first.
std::string plain_lines(std::string_view bytes);

/// At most so many characters of valid UTF-8; what is cut is cut between two characters and ends in an ellipsis.
std::string shortened(std::string text, std::size_t max_characters);

/// `value` between double quotes with its length bounded, for an error that shows what it did not like.
std::string in_quotes(std::string_view value);

/// The text with `to` wherever it has `from`, which is not empty; what `to` itself holds stays.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace pawl::text
