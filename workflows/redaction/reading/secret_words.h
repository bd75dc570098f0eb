// What a word looks like: prose, a random secret, or letters that nobody can speak.
#pragma once

#include <string_view>

#include "workflows/text/ascii.h"

namespace pawl::redaction {

/// True if every word of it is common in error messages: "must not be blank", "sha256 mismatch", "". What is longer
/// than 200 characters is none.
bool is_prose(std::string_view text);

/// At least four words of which half are prose, and none looks like a password: what explains a field.
bool is_sentence(std::string_view text);

/// Letters and digits, at least `length` characters in all.
bool has_letters_and_digits(std::string_view text, std::size_t length);

/// At least 16 letters and digits, capitals and small letters so mixed that no identifier looks like them.
bool looks_random(std::string_view word);

/// At least 8 letters with hardly a vowel, or with seven other letters in a row.
bool is_unspeakable(std::string_view word);

/// Any of the three: nothing that people write in a sentence.
bool looks_secret(std::string_view word);

/// As people choose passwords: letters with a digit or a sign between them, at least 6 characters.
bool looks_chosen(std::string_view word);

/// `reapit-credentials-v2`: lower-case words with signs between them, as people name things.
bool looks_like_a_name(std::string_view text);

using text::is_alphanumeric;
using text::is_digit;
using text::is_letter;
using text::is_lower;
using text::is_upper;

/// Of a name as programs write it; every character beyond ASCII is a letter.
constexpr bool is_name_character(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || (c & 0x80) != 0; }

}  // namespace pawl::redaction
