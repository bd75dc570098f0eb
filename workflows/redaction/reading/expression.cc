// Asks RE2, whose views of a text are its own.
#include "workflows/redaction/reading/expression.h"

#include <re2/re2.h>

namespace pawl::redaction {

bool matches(std::string_view text, const re2::RE2& expression) {
  return re2::RE2::PartialMatch({text.data(), text.size()}, expression);
}

}  // namespace pawl::redaction
