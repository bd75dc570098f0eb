// Takes secrets out of a text that a person is going to read and a database is going to keep.
#pragma once

#include <string>
#include <string_view>

namespace pawl::notify_sync_failure {

/// Replaces by `[redacted]`: PEM blocks, the user part of URLs and of `user:password@host`, credentials after Bearer
/// and Basic, JSON web tokens, tokens with a known prefix (AWS, GitHub, Slack, Stripe, Google), and whatever a secret's
/// name announces (named_secrets.h). Give it valid UTF-8 of bounded length. Not promised: a secret that nothing
/// announces, say a bare password in a sentence.
std::string redact(std::string_view text);

}  // namespace pawl::notify_sync_failure
