// Puts values into queries as literals.
#include "bin/output/query_text.h"

namespace pawl::bin {

namespace {

std::string quoted(const std::string& value) {
  std::string literal = "'";
  for (const char letter : value) literal.append(letter == '\'' ? 2 : 1, letter);
  return literal += "'";
}

}  // namespace

QueryText& QueryText::where(const std::string& condition) {
  text_.append(has_condition_ ? "\n  and " : "\nwhere ").append(condition);
  has_condition_ = true;
  return *this;
}

QueryText& QueryText::equals(const std::string& column, const std::string& value) {
  return value.empty() ? *this : where(column + " = " + quoted(value));
}

QueryText& QueryText::one_of(const std::string& column, const std::vector<std::string>& values) {
  if (values.empty()) return *this;
  std::string list;
  for (const std::string& value : values) list.append(list.empty() ? "" : ", ").append(quoted(value));
  return where(column + " in (" + list + ")");
}

}  // namespace pawl::bin
