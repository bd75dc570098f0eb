// Guesses which word is the password where a text is about logging in: `bob / sunset42 : invalid credentials`.
#pragma once

#include <string_view>
#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// Words as people choose passwords, of letters and digits, that stand beside a user's name, behind `with` or in
/// brackets, with a word for passwords, tokens or logging in within 80 bytes.
std::vector<Range> guessed_secrets(std::string_view folded);

}  // namespace pawl::redaction
