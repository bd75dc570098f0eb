// What the group of a pattern has to look like.
#include "workflows/redaction/places/pattern.h"

#include <algorithm>

#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

using std::string_view;

bool any(string_view) { return true; }
bool with_digit(string_view text) { return std::any_of(text.begin(), text.end(), is_digit); }
bool no_prose(string_view text) { return !is_prose(text); }
bool no_number(string_view text) {
  return !is_prose(text) && text.find_first_not_of("0123456789:") != string_view::npos;
}
bool token(string_view text) { return has_letters_and_digits(text, 8) || is_unspeakable(text); }
bool chosen(string_view text) { return !is_prose(text) && (looks_chosen(text) || looks_secret(text)); }
bool option_value(string_view text) { return no_number(text) && text.find('/') == string_view::npos; }
bool long_token(string_view text) { return has_letters_and_digits(text, 12); }

bool credential(string_view text) {
  const std::size_t sign = text.find('=');
  const std::size_t value = std::min(text.find_first_not_of('=', sign), text.size());
  if (sign != string_view::npos && value < text.size()) text.remove_prefix(value);
  const auto mixed =
      std::adjacent_find(text.begin(), text.end(), [](char a, char b) { return is_lower(a) && is_upper(b); });
  const bool padded =
      text.size() >= 8 && text.size() % 4 == 0 && text.ends_with('=') && text.find_first_of("_-") == string_view::npos;
  return has_letters_and_digits(text, 4) || is_unspeakable(text) || (mixed != text.end() && !text.ends_with('=')) ||
         padded;
}

bool account_password(string_view text) {
  const bool odd = std::any_of(text.begin(), text.end(),
                               [](char c) { return !is_alphanumeric(c) && c != '.' && c != '-' && c != '_'; });
  return has_letters_and_digits(text, 6) || odd;
}

}  // namespace pawl::redaction
