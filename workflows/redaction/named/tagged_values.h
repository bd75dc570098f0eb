// Finds the values of names in markup: `<password>x</password>`, `<param name="password">x</param>`.
#pragma once

#include <optional>

#include "workflows/redaction/named/named_value.h"
#include "workflows/redaction/reading/text_cursor.h"

namespace pawl::redaction {

/// Whether the name at `name` is that of an opening tag. A closing tag announces nothing.
bool names_a_tag(const TextCursor& text, Range name);

/// `from` is within a tag: the text of that element, of the first element in it, or of its CDATA; or its attribute
/// `value`.
std::optional<NamedValue> value_in_tag(const TextCursor& text, std::size_t from);

/// The same for a name that stands in an attribute `name` or `key`, with its quote's end at `after`. What is in an
/// element with another attribute has to be one word.
std::optional<NamedValue> value_of_attribute(const TextCursor& text, Range name, std::size_t after);

/// `<span>Password</span><span>x</span>`: a word that looks like a password in the element behind the name's.
std::optional<NamedValue> value_in_next_element(const TextCursor& text, Range name);

}  // namespace pawl::redaction
