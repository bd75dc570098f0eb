// The words of an HTML page, for an error text that is one: a proxy's or a provider's error page.
#pragma once

#include <string>

namespace pawl::text {

/// If `text` begins as an HTML document or holds its body: what a reader of the page would see, one line a block,
/// without scripts, styles, comments and empty lines; entities that are no markup any more stand for their characters.
/// If it holds a piece of a page, which is a line break or a block that HTML alone has, open and closed: the same, but
/// its lines stay, as those of a stack trace around it. Any other text, tags for words within a line included, and a
/// page without a word, comes back as it is. Linear in the length of the text.
std::string readable(std::string text);

}  // namespace pawl::text
