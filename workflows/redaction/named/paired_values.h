// Finds the values of names that are values themselves: `{"name": "password", "value": "x"}`, `("password", "x")`.
#pragma once

#include <optional>

#include "workflows/redaction/named/named_value.h"
#include "workflows/redaction/reading/text_cursor.h"

namespace pawl::redaction {

/// Whether the name stands where a name is a value: `name="password"`, `key: password`, `<key>password</key>`. Before
/// more words only in its own line: an empty `key:` says nothing of the `password: x` below it.
bool is_label(const TextCursor& text, Range name, bool in_its_line);

/// The value of such a name, whose quotes end at `after`: next to it, in its element or block, or in the next part of a
/// multipart body, tuple or table.
std::optional<NamedValue> value_of_label(const TextCursor& text, Range name, std::size_t after);

/// `("password", "abc")`, `{password, <<"abc">>}`
std::optional<NamedValue> value_in_tuple(const TextCursor& text, Range name, std::size_t after);

}  // namespace pawl::redaction
