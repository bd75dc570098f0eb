// Which names announce a secret, and which words after such a name are only prose.
#pragma once

#include <string_view>

namespace pawl::notify_sync_failure {

/// How sure a name makes us that its value is a secret.
enum class Secrecy {
  kNone,       ///< Not a secret's name.
  kLikely,     ///< The name of an error about a secret (`invalid_token`): a secret only if the value looks like one.
  kCertain,    ///< `password`, `client_secret`, `refreshToken`: whatever the value is, unless it is plain prose.
  kRestOfLine  ///< `Authorization`, `Cookie`: the value goes on to the end of the line.
};

/// Judges a name as written in a text (letters, digits, '_' and '-'), in any case. `before` is the text before it:
/// `key` is a secret's name after `api ` or in a query string, and not by itself.
Secrecy secrecy_of(std::string_view name, std::string_view before);

/// True for words that follow a secret's name in an error message ("token: expired") and are no secret.
bool is_prose(std::string_view value);

/// At least `length` characters, with letters and digits among them: nothing that people write in prose.
bool looks_random(std::string_view value, std::size_t length);

}  // namespace pawl::notify_sync_failure
