// Quoted-printable (RFC 2045, section 6.7) for texts whose lines end with CRLF.
#pragma once

#include <string>
#include <string_view>

namespace pawl::mail {

/// Lines of at most 76 characters. Dots and `From ` that would begin a line are encoded too, so that no server takes
/// one for the end of the message and no mailbox for the start of another.
std::string quoted_printable(std::string_view text);

}  // namespace pawl::mail
