// Translates what libpqxx throws into the engine's errors, in one place.
#pragma once

#include <string>

#include "engine/authoring/errors.h"

namespace pawl::storage {

/// Postgres refused a value or a row (SQLSTATE classes 22 and 23): repeating the same statement cannot help. Its code
/// is the SQLSTATE, as far as libpqxx tells it.
class ValueError : public engine::Error {
  using Error::Error;
};

/// No answer in time: the line, the server or what is asked is too slow. One silence says nothing against the rows it
/// is about.
class SilentError : public engine::UnavailableError {
 public:
  using UnavailableError::UnavailableError;
};

/// A row with this unique key is there already (SQLSTATE 23505).
class DuplicateError : public ValueError {
  using ValueError::ValueError;
};

/// A text holds a character that the database's encoding lacks (SQLSTATE 22P05): in UTF-8, where the server names it.
class UnstorableError : public ValueError {
 public:
  UnstorableError(const std::string& what, std::string named)
      : ValueError(what, "22P05"), character(std::move(named)) {}
  const std::string character;
};

/// What became of the connection over which an error came.
enum class Line { kBroken, kAlive };

/// Call inside a catch block: rethrows the current exception as the engine's. A lost or refused connection, a standby,
/// a full disk, a timeout and a conflict between transactions become UnavailableError; a missing table, column or
/// privilege becomes RefusedError; an engine::Error and whatever is not libpqxx's pass as they are. Whom it concerns is
/// unclear where rows of one tenant may be the cause: of a privilege, a timeout, a conflict, and of what is said of a
/// server over a line that lives on, since a trigger or a foreign table behind one tenant's rows says the same. A full
/// disk or memory is presumed to be everybody's.
[[noreturn]] void throw_translated(const std::string& operation, Line line = Line::kBroken);

/// Inside a catch block: whether the same idempotent transaction is worth repeating at once, because it met a deadlock
/// or a serialization failure, or because its connection broke.
bool worth_repeating(Line line = Line::kBroken);

}  // namespace pawl::storage
