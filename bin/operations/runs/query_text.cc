// Puts values into queries as literals.
#include "bin/operations/runs/query_text.h"

#include "storage/postgres/text/sql_text.h"

namespace pawl::bin {

QueryText& QueryText::where(const std::string& condition) {
  text_.append(has_condition_ ? "\n  and " : "\nwhere ").append(condition);
  has_condition_ = true;
  return *this;
}

QueryText& QueryText::equals(const std::string& column, const std::string& value) {
  return value.empty() ? *this : where(column + " = " + storage::sql_literal(value));
}

QueryText& QueryText::one_of(const std::string& column, const std::vector<std::string>& values) {
  return values.empty() ? *this : where(column + " in (" + storage::sql_literals(values) + ")");
}

}  // namespace pawl::bin
