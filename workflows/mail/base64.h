// Base64 (RFC 2045, section 6.8).
#pragma once

#include <string>
#include <string_view>

namespace pawl::mail {

std::string base64(std::string_view bytes);

/// In lines of 76 that end with CRLF, but for the last.
std::string base64_lines(std::string_view bytes);

}  // namespace pawl::mail
