// The value that a name announces.
#pragma once

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// What stands between a name and its value.
enum class Separator {
  kBlank,  ///< `token abc`
  kVerb,   ///< `token is abc`, `token provided was abc`
  kSign,   ///< `token=abc`, `token: abc`, `--token abc`
  kTag,    ///< `<token>abc</token>`
  kPair    ///< `{"name": "token", "value": "abc"}`, a name that is itself a value
};

struct NamedValue {
  Separator separator = Separator::kSign;
  bool enclosed = false;  ///< In quotes, brackets or a tag: `range` is all of it.
  Range range;            ///< Where it is not enclosed, its first word.
};

}  // namespace pawl::redaction
