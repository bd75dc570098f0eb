// Base64 (RFC 2045, section 6.8).
#pragma once

#include <string>
#include <string_view>

namespace pawl::text {

std::string base64(const std::string& bytes);

/// In lines of 76 that end with CRLF, but for the last.
std::string base64_lines(const std::string& bytes);

/// The whole bytes of what is base64 at the beginning of `text`, in the alphabet of URLs too (RFC 4648, section 5).
std::string decode_base64(std::string_view text);

}  // namespace pawl::text
