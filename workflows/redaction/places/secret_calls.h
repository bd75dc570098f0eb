// Finds the secrets in the arguments of calls: `login("bob", "x")`, in code, stack traces and SOAP.
#pragma once

#include <string_view>
#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// The texts that functions which log in, connect or change a password were given behind the user, without quotes. Of
/// a call some hundred bytes are looked at.
std::vector<Range> secrets_of_calls(std::string_view folded);

}  // namespace pawl::redaction
