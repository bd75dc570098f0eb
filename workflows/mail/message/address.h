// Mail addresses as people type them, and as a mail server is handed them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pawl::mail {

/// The address as it goes into RCPT TO and To:. Spaces and characters that nobody sees (what comes along when an
/// address is copied: byte order marks, marks of direction, zero-width spaces) are taken off, and an internationalised
/// domain is mapped to its ASCII form (UTS #46, non-transitional, and IDNA 2008). The local part keeps every byte. What
/// has no such form comes back as far as it got; `why_unusable` then says what is wrong.
std::string normalised_address(std::string_view typed);

/// Why a normalised address cannot be used, or nothing when it can. Usable is what cannot break out of an SMTP command
/// or a header and has a chance to be delivered:
/// - a local part of at most 64 octets: letters, digits, the punctuation of RFC 5321's atoms, dots anywhere (providers
///   have given out `a..b@` and `.a@`), and UTF-8 beyond ASCII (RFC 6531); or a quoted string with any printable
///   character;
/// - `@` and a host name, in which underscores are let through, or an address literal (RFC 5321, section 4.1.3);
/// - 254 octets in all. Servers need not take more, and no provider gives out longer ones.
/// Whether such a mailbox exists is left to the relay. The reason never quotes the address.
std::optional<std::string> why_unusable(std::string_view address);

/// The domain of a usable address in lower case; empty where there is no @.
std::string mail_domain(std::string_view normalised);

/// Equal for two addresses of one mailbox. Providers tell no mailboxes apart by the case of ASCII letters, whatever
/// RFC 5321 lets them; where one did, a second copy to the same person would still be the likelier harm.
std::string mailbox_key(std::string_view normalised);

}  // namespace pawl::mail
