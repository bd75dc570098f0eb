// Which bare mail addresses may be handed to a mail server at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::mail {

/// Why the address cannot be used, or nothing when it can. Usable is a dot-atom local part of at most 64 characters,
/// `@` and a host name (RFC 5321, section 4.1.2), ASCII, 254 in all: so it can break out of no SMTP command and no
/// header. Quoted local parts, address literals and internationalised addresses (RFC 6531) are refused. The reason
/// never quotes the address.
std::optional<std::string> why_unusable(std::string_view address);

}  // namespace pawl::mail
