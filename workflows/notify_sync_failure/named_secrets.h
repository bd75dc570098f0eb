// Takes out secrets that a name announces: `password=x`, `"client_secret": "x"`, `<token>x</token>`.
#pragma once

#include <string>
#include <string_view>

namespace pawl::notify_sync_failure {

inline constexpr std::string_view kRedacted = "[redacted]";

/// The text with the values of such names replaced by kRedacted. Linear in practice; give it bounded text.
std::string redact_named_secrets(std::string_view text);

}  // namespace pawl::notify_sync_failure
