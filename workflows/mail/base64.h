// Base64 (RFC 4648) as mail uses it.
#pragma once

#include <string>
#include <string_view>

namespace pawl::mail {

/// In lines of `line_length` with CRLF between them; 0 gives one line.
std::string base64(std::string_view bytes, int line_length);

}  // namespace pawl::mail
