// Finds the names that announce a secret.
#pragma once

#include <optional>
#include <string_view>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// How sure a name makes us that its value is a secret.
enum class Secrecy {
  kLikely,   ///< `invalid_token`, `tls.key`: a secret only if the value looks like one.
  kNamed,    ///< `secret`, `token`: whatever the value is, unless it is prose; after a blank it may be a thing's name.
  kCertain,  ///< `password`: whatever the value is, unless it is prose.
  kRestOfLine  ///< `Authorization`, `Cookie`, `passphrase`: the value goes on to the end of the line.
};

struct SecretName {
  Range range;  ///< The whole name, `db_password` and not `password` alone.
  Secrecy secrecy = Secrecy::kCertain;
};

/// The first secret's name at or after `from`, in folded text: in several languages, in any case, with or without '_',
/// '-', '.' or a blank between its words. Names about a secret (`token_type`, `secretary`) are passed over. Linear.
std::optional<SecretName> next_secret_name(std::string_view folded, std::size_t from);

}  // namespace pawl::redaction
