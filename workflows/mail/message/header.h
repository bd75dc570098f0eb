// Header fields of RFC 5322 that no value can break out of.
#pragma once

#include <string>
#include <string_view>

namespace pawl::mail {

/// Header text is cut here, so that no name or subject makes a server refuse the message for its header.
inline constexpr std::size_t kHeaderTextMax = 512;

/// What a reader finds in the header after decoding: `one_line` of the text, at most kHeaderTextMax bytes.
std::string header_text(std::string_view text);

/// `Name: text` and CRLF, folded at 78 columns, in encoded-words (RFC 2047) where plain ASCII cannot carry it.
std::string text_field(std::string_view name, std::string_view text);

/// `Name: "display" <address>` and CRLF. The address must be usable (address.h); the display name may be anything.
std::string mailbox_field(std::string_view name, std::string_view display, std::string_view address);

}  // namespace pawl::mail
