// The name by which a client introduces itself in EHLO (RFC 5321, sections 2.3.5 and 4.1.4).
#pragma once

#include <string>
#include <string_view>

namespace pawl::mail {

/// Whether servers that check take it: labels of letters, digits and hyphens (RFC 1123, section 2.1), the last one no
/// number; or an address literal such as `[192.0.2.7]` or `[IPv6:2001:db8::7]`. An underscore is refused by some.
bool is_ehlo_name(std::string_view name);

/// This host's full name, where the system knows one that is more than a single label; else empty. Asks the resolver,
/// which may block for as long as five seconds.
std::string full_host_name();

}  // namespace pawl::mail
