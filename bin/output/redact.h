// Takes passwords out of connection strings and out of errors that quote them.
#pragma once

#include <string>
#include <string_view>

#include "workflows/redaction/own_secrets.h"

namespace pawl::bin {

/// Adds what a connection to Postgres may show to our own secrets. Throws as storage::postgres_passwords() does.
void mask_postgres_passwords(const std::string& conninfo, redaction::OwnSecrets& secrets);

/// Replaces the value of every `password=…` (libpq conninfo, quoted or not; URI query) and the password of every
/// `scheme://user:password@host` with `***`.
std::string redact_passwords(std::string_view text);

/// The same, without our own secrets in any form.
std::string redacted(std::string_view text, const redaction::OwnSecrets& secrets);

/// The value of one setting, which may be a URL that nobody has looked at yet: of a URL, everything from the user's
/// colon to the last @ is taken for a password, whatever characters it has.
std::string redacted_setting(std::string_view value, const redaction::OwnSecrets& secrets);

}  // namespace pawl::bin
