// Finds where the value of a secret's name begins and ends, by the notation that the text is in.
#pragma once

#include <optional>

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

/// The value that belongs to the name at `name`, if there is any. Looks ahead without bound only for the end of a
/// value.
std::optional<NamedValue> value_of(const FoldedText& text, Range name);

/// From `begin` to the end of the line, or of the quotes around name and value.
Range rest_of_line(const FoldedText& text, Range name, std::size_t begin);

/// `first` with the words behind it that belong to the same unquoted value: `aa;Zq17` and `aa bb9x`.
Range with_what_goes_on(const FoldedText& text, Range first);

}  // namespace pawl::redaction
