// Looks at where a word stands first, at the word itself next, and then at what the text is about.
#include "workflows/redaction/places/guessed_secrets.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kAround = 80;
constexpr std::size_t kChosenMin = 8;
constexpr std::size_t kMixedMin = 6;
constexpr std::size_t kWordMax = 40;
constexpr std::size_t kBefore = 64;

bool matches(string_view text, const RE2& expression) {
  return RE2::PartialMatch({text.data(), text.size()}, expression);
}

// What else has letters and digits: names of machines, programs, formats and offices.
bool names_a_thing(string_view word) {
  static const RE2 thing(
      "(?i)auth|token|key|client|service|exception|error|http|api|user|type|version|sha\\d|md5|utf|base64|ssh|ssl|tls|"
      "json|xml|yaml|test|prod|node|host|server|web|sql|log4j|agency|branch|office|tenan|property|unit|flat|deposit|"
      "code|line|step|page|port|build|release|stage|win(?:32|64)|x86|ipv\\d|python|java|php|linux|^v\\d|^db|req|trace");
  return matches(word, thing);
}

// `sunset42`, `Lapwing-402`, `Gannet!7`, yet neither `reapit-prod-1` nor `5f7c1d2e`.
bool is_password_like(string_view word) {
  const auto has = [&](bool (*is)(char)) { return std::any_of(word.begin(), word.end(), is); };
  const bool lower = has(is_lower);
  const bool upper = has(is_upper);
  const bool digit = has(is_digit);
  const bool sign = word.find_first_of("!@#$%^&*+~?") < word.size() - 1;
  if (!lower || !(digit || sign)) return false;
  if (word.size() < (upper || sign ? kMixedMin : kChosenMin)) return false;
  if (word.find_first_of("-_") != string_view::npos && !upper && !sign) return false;
  const bool hexadecimal = word.find_first_not_of("0123456789abcdefABCDEF-") == string_view::npos;
  return !hexadecimal && !names_a_thing(word) && !is_prose(word);
}

bool is_about_logging_in(string_view text, Range word) {
  static const RE2 about(
      "(?i)passw|passcode|passphrase|pwd|kennwort|mot de passe|contrasena|\\bclave\\b|senha|wachtwoord|parola|hasl[ao]|"
      "credential|credenciales|identifiants|zugangsdaten|log[ -]?[io]n\\b|logged in|sign[ -]?in\\b|auth|token|secret|"
      "api[ _-]?key");
  const std::size_t from = word.begin - std::min(word.begin, kAround);
  const std::size_t end = std::min(text.size(), word.end + kAround);
  return matches(text.substr(from, word.begin - from), about) || matches(text.substr(word.end, end - word.end), about);
}

// Whether a secret would stand behind what is before it: `with `, `(`, `bob:`, `bob / `, `'bob', '`, `login bob `.
bool is_place(string_view text, std::size_t word) {
  static const RE2 place(
      "(?:(?i:\\b(?:with|using|tried|trying|attempted|entered|typed|gave|mit|avec))\\s+[\"'(\\[]?|[(\\[]|"
      "(?:^|[\\s(\"'\\[,;>])([A-Za-z][\\w.@+-]{0,40})(?: ?[/|] ?|:)|[\"'][A-Za-z][\\w.@+-]{0,40}[\"']\\s*,\\s*[\"']|"
      "(?i:\\b(?:log[io]n|connect|auth))\\s+([A-Za-z][\\w.@+-]{0,40})\\s+)$");
  const std::size_t from = word - std::min(word, kBefore);
  re2::StringPiece user[2];
  if (!RE2::PartialMatch({text.data() + from, word - from}, place, &user[0], &user[1])) return false;
  return std::none_of(std::begin(user), std::end(user), [](re2::StringPiece name) {
    return !name.empty() && is_prose({name.data(), name.size()});
  });
}

bool is_of_word(char c) { return is_alphanumeric(c) || string_view("!@#$%^&*+~?_-").find(c) != string_view::npos; }

// The punctuation of a sentence ends a word, and so do quotes and brackets, but a dot or slash within a path does not.
bool ends_at(string_view text, std::size_t end) {
  while (end < text.size() && string_view(".,;:)\"'\\]").find(text[end]) != string_view::npos) ++end;
  return end == text.size() || text[end] == ' ' || text[end] == '\n' || text[end - 1] == ',' || text[end - 1] == '"' ||
         text[end - 1] == '\'';
}

}  // namespace

std::vector<Range> guessed_secrets(string_view folded) {
  std::vector<Range> found;
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t begin = at;
    while (at < folded.size() && is_of_word(folded[at])) ++at;
    const std::size_t size = at - begin;
    const Range word{begin, at};
    if (size >= kMixedMin && size <= kWordMax && is_password_like(folded.substr(begin, size)) && ends_at(folded, at) &&
        is_place(folded, begin) && is_about_logging_in(folded, word))
      found.push_back(word);
    ++at;
  }
  return found;
}

}  // namespace pawl::redaction
