// The words that tables of accounts have in their heads.
#include "workflows/redaction/named/column_names.h"

#include <re2/re2.h>

namespace pawl::redaction {

bool names_a_column(std::string_view cell) {
  static const RE2 name("^[A-Za-z_][\\w.-]*(?: [A-Za-z][\\w.-]*){0,2}$");
  return RE2::PartialMatch({cell.data(), cell.size()}, name);
}

bool is_usual_column(std::string_view cell) {
  static const RE2 usual(
      "(?i)^(?:#|id|no|user|user_?name|user_?id|name|login|account|e?-?mail|host|host_?name|server|ip|role|realm|db|"
      "database|port|value|enabled|active|status|created\\w*|updated\\w*|expires\\w*|url|service|env\\w*|type|site|"
      "tenant|branch|agency|client|client_?id|[\\w-]*(?:pass|pw|secret|token|key|pin)[\\w-]*)$");
  return RE2::PartialMatch({cell.data(), cell.size()}, usual);
}

}  // namespace pawl::redaction
