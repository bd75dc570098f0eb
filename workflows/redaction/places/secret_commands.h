// Finds the secrets in command lines: `mysql -px`, `rabbitmqctl add_user bob x`.
#pragma once

#include <string_view>
#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// What the tools of command_line_tools.h were given, without quotes. Of a command some hundred bytes are looked at.
std::vector<Range> secrets_of_commands(std::string_view folded);

}  // namespace pawl::redaction
