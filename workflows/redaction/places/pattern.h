// A place or form that gives a secret away, as a regular expression.
#pragma once

#include <span>
#include <string_view>

namespace pawl::redaction {

struct Pattern {
  const char* expression;                  ///< Of RE2, with one group: the secret.
  bool (*holds)(std::string_view secret);  ///< What the group has to look like besides.
};

std::span<const Pattern> token_patterns();          ///< What its form gives away.
std::span<const Pattern> account_patterns();        ///< Accounts in addresses, files, sentences and links.
std::span<const Pattern> protocol_patterns();       ///< Commands and fields of protocols.
std::span<const Pattern> code_patterns();           ///< SQL, and what calls are given.
std::span<const Pattern> command_patterns();        ///< Command lines, as far as no table of tools does it.
std::span<const Pattern> configuration_patterns();  ///< The languages that devices and servers are configured in.

bool any(std::string_view);
bool with_digit(std::string_view text);
bool no_prose(std::string_view text);
/// Neither prose nor digits alone.
bool no_number(std::string_view text);
/// From 8 letters and digits, or unspeakable.
bool token(std::string_view text);
/// Letters with a digit or a sign between them, or what looks like a secret.
bool chosen(std::string_view text);
/// No prose, and nothing else that an option might be given: a path, a port, another option.
bool option_value(std::string_view text);
/// From 12 letters and digits.
bool long_token(std::string_view text);
/// "Bearer abc123…" and "Basic dXNlcjpw…", yet not "Basic authentication", `Bearer realm="…"` or `expires_in=3600`.
bool credential(std::string_view text);
/// `admin:hunter2@db`, yet neither `Email:alice@example.com` nor `10:Flat@Main Street`.
bool account_password(std::string_view text);

}  // namespace pawl::redaction
