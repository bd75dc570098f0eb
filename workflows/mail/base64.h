// Base64 (RFC 2045, section 6.8).
#pragma once

#include <string>

namespace pawl::mail {

std::string base64(const std::string& bytes);

/// In lines of 76 that end with CRLF, but for the last.
std::string base64_lines(const std::string& bytes);

}  // namespace pawl::mail
