// Regular expressions on views of a text.
#pragma once

#include <string_view>

namespace re2 {
class RE2;
}

namespace pawl::redaction {

/// True if the expression matches somewhere in the text.
bool matches(std::string_view text, const re2::RE2& expression);

}  // namespace pawl::redaction
