// Takes secrets out of a text that a person is going to read and a database is going to keep.
#pragma once

#include <string>
#include <string_view>

namespace pawl::redaction {

/// Replaces by `[redacted]` what a secret's name announces (named/), what is a secret by its form or place (places/),
/// and words that look random: at least 16 letters and digits in a mixture that no word or identifier has, unless an
/// id's name stands before them. Escaped text is read unescaped. docs/redaction.md lists what is not found. Linear in
/// the text's size; text below 4 GiB. Thread-safe.
std::string redact(std::string_view text);

}  // namespace pawl::redaction
