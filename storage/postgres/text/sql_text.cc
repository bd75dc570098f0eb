// Quotes literals, and formats times by to_char().
#include "storage/postgres/text/sql_text.h"

namespace pawl::storage {

namespace {

const char* pattern_of(Fraction fraction) {
  switch (fraction) {
    case Fraction::kNone:
      return "";
    case Fraction::kMilliseconds:
      return ".MS";
    case Fraction::kMicroseconds:
      break;
  }
  return ".US";
}

}  // namespace

std::string sql_literal(std::string_view text) {
  std::string literal = "'";
  for (const char letter : text) literal.append(letter == '\'' ? 2 : 1, letter);
  return literal += "'";
}

std::string sql_literals(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list.append(list.empty() ? "" : ", ").append(sql_literal(text));
  return list;
}

std::string microseconds_of(const std::string& moment) {
  const std::string first = "'0001-01-01 00:00:00Z'", last = "'9999-12-31 00:00:00Z'";
  return "(extract(epoch from case when " + moment + " < " + first + " then " + first + " when " + moment + " > " +
         last + " then " + last + " else " + moment + " end) * 1000000)::bigint";
}

std::string utc_text(const std::string& moment, Fraction fraction) {
  return "to_char(" + moment + " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS" + pattern_of(fraction) + "\"Z\"')";
}

}  // namespace pawl::storage
