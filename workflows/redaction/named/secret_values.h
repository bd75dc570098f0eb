// Finds where the value of a secret's name begins and ends, by the notation that the text is in.
#pragma once

#include <optional>

#include "workflows/redaction/named/named_value.h"
#include "workflows/redaction/reading/text_cursor.h"

namespace pawl::redaction {

/// The value that belongs to the name at `name`, if there is any. Looks ahead without bound only for the end of a
/// value.
std::optional<NamedValue> value_of(const TextCursor& text, Range name);

/// From `begin` to the end of the line, or of the quotes around name and value.
Range rest_of_line(const TextCursor& text, Range name, std::size_t begin);

/// `first` with the words behind it that belong to the same unquoted value: `aa;Zq17` and `aa bb9x`.
Range with_what_goes_on(const TextCursor& text, Range first);

}  // namespace pawl::redaction
