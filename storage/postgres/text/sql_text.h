// Writes parts of statements: texts as literals, times as texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::storage {

/// The text as a literal, for Postgres with `standard_conforming_strings`, which is its default, and for SQLite. What
/// comes from outside is better a parameter, where a plan does not have to know it.
std::string sql_literal(std::string_view text);

/// Literals with commas, for `in (…)`; empty for none.
std::string sql_literals(const std::vector<std::string>& texts);

/// What of a second is shown.
enum class Fraction { kNone, kMilliseconds, kMicroseconds };

/// An expression for the moment, itself an expression of type timestamptz, as RFC 3339 in UTC. It is null where the
/// moment is null or infinite.
std::string utc_text(const std::string& moment, Fraction fraction = Fraction::kMilliseconds);

/// An expression for the moment, itself one of type timestamptz, in microseconds since 1970: null where it is null,
/// and clamped to the years 1 to 9999, since what is no such time, as infinity, cannot be read as a number.
std::string microseconds_of(const std::string& moment);

}  // namespace pawl::storage
