// Looks at where a word stands first, at the word itself next, and then at what the text is about.
#include "workflows/redaction/places/guessed_secrets.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/reading/expression.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kAround = 80;
constexpr std::size_t kChosenMin = 8;
constexpr std::size_t kMixedMin = 6;
constexpr std::size_t kWordMax = 40;
constexpr std::size_t kBefore = 64;

// What else has letters and digits: names of machines, programs, formats and offices.
bool names_a_thing(string_view word) {
  static const RE2 thing(
      "(?i)auth|token|key|client|service|exception|error|http|api|user|type|version|sha\\d|md5|^aes|[hr]s\\d{3}|utf|"
      "base64|ssh|ssl|tls|"
      "json|xml|yaml|test|prod|node|host|server|web|sql|log4j|agency|branch|office|tenan|property|unit|flat|deposit|"
      "code|line|step|page|port|build|release|stage|win(?:32|64)|x86|ipv\\d|python|java|php|linux|^v\\d|^db|req|trace");
  return matches(word, thing);
}

// `s3cr3t`: names have their digits at the end.
bool has_digit_within(string_view word) {
  for (std::size_t at = 1; at + 1 < word.size(); ++at)
    if (is_letter(word[at - 1]) && is_digit(word[at]) && is_letter(word[at + 1])) return true;
  return false;
}

// `sunset42`, `Lapwing-402`, `Gannet!7`, yet neither `reapit-prod-1` nor `5f7c1d2e`.
bool is_password_like(string_view word) {
  bool lower = false;
  bool upper = false;
  bool digit = false;
  bool sign = false;
  for (std::size_t at = 0; at < word.size(); ++at) {
    const char c = word[at];
    lower |= is_lower(c);
    upper |= is_upper(c);
    digit |= is_digit(c);
    sign |= !is_alphanumeric(c) && c != '-' && c != '_' && at + 1 < word.size();
  }
  if (!lower || !(digit || sign)) return false;
  if (word.size() < (upper || sign || has_digit_within(word) ? kMixedMin : kChosenMin)) return false;
  if (word.find_first_of("-_") != string_view::npos && !upper && !sign && !has_digit_within(word)) return false;
  if (word.starts_with("0x")) return false;
  const bool hexadecimal = word.find_first_not_of("0123456789abcdefABCDEF-") == string_view::npos;
  return !hexadecimal && !names_a_thing(word) && !is_prose(word);
}

bool is_about_logging_in(string_view text, Range word) {
  static const RE2 about(
      "(?i)passw|passcode|passphrase|pwd|kennwort|mot de passe|contrasena|\\bclave\\b|senha|wachtwoord|parola|"
      "hasl[ao]|credential|credenciales|identifiants|zugangsdaten|log[ -]?[io]n\\b|logged in|sign[ -]?in\\b|auth|"
      "token|secret|api[ _-]?key|jwt|hmac|crypt|checkpw|cookie|\\bpw\\b|\\bpsk\\b|\\b(?:401|403|530|535)\\b|"
      "unauthori[sz]ed|denied|forbidden");
  const std::size_t from = word.begin - std::min(word.begin, kAround);
  const std::size_t end = std::min(text.size(), word.end + kAround);
  return matches(text.substr(from, word.begin - from), about) || matches(text.substr(word.end, end - word.end), about);
}

// What a name of a thing or person stands behind: `user "…"`, `for '…'`.
bool announces_a_name(string_view before) {
  static const RE2 name(
      "(?i)(?:^|[^a-z])(?:user|users|username|login|account|name|host|server|database|schema|table|role|tenant|"
      "agency|branch|office|client|audience|realm|domain|group|scope|type|provider|namespace|bucket|queue|topic|zone|"
      "cluster|id|ref|reference|customer|site|member|property|for|by|from|in|of|at|on|called|named|benutzer|usuario|"
      "utilisateur)$");
  return matches(before, name);
}

// In quotes that no sign announces, since a name before a sign says by itself what its value is.
bool is_quoted_place(string_view before, char behind) {
  if (before.empty() || behind != before.back() || string_view("\"'`").find(behind) == string_view::npos) return false;
  before.remove_suffix(1);
  if (before.ends_with('b') && !(before.size() > 1 && is_name_character(before[before.size() - 2])))
    before.remove_suffix(1);
  while (before.ends_with(' ')) before.remove_suffix(1);
  const bool compared = before.ends_with("==") || before.ends_with("!=");
  const bool named = before.ends_with(':') || before.ends_with('=') || before.ends_with("=>");
  return (compared || !named) && !announces_a_name(before);
}

// Behind what a password would stand: `with `, `(`, `bob:`, `bob / `, `(bob, `, `login bob `.
bool is_place(string_view before) {
  static const RE2 place(
      "(?:(?i:\\b(?:with|using|tried|trying|attempted|entered|typed|gave|mit|avec))\\s+[\"'(\\[]?|[(\\[]|"
      "(?:^|[\\s(\"'\\[,;>])([A-Za-z][\\w.@+-]{0,40})(?: ?[/|] ?|:)|\\(([A-Za-z][\\w.@+-]{0,40})\\s*,\\s*|"
      "\\{([A-Za-z][\\w.@+-]{0,40}) |"
      "(?i:\\b(?:log[io]n|connect|auth|s?ftp|ssh|telnet|imap|pop3|smtp))\\s+([A-Za-z][\\w.@+-]{0,40})\\s+)$");
  re2::StringPiece user[4];
  if (!RE2::PartialMatch({before.data(), before.size()}, place, &user[0], &user[1], &user[2], &user[3])) return false;
  return std::none_of(std::begin(user), std::end(user), [](re2::StringPiece name) {
    return !name.empty() && is_prose({name.data(), name.size()});
  });
}

bool is_place(string_view text, Range word) {
  const std::size_t from = word.begin - std::min(word.begin, kBefore);
  const string_view before = text.substr(from, word.begin - from);
  return is_quoted_place(before, word.end < text.size() ? text[word.end] : ' ') || is_place(before);
}

bool is_of_word(char c) { return is_alphanumeric(c) || string_view("!@#$%^&*+~?_-").find(c) != string_view::npos; }

// The punctuation of a sentence ends a word, and so do quotes and brackets, but a dot or slash within a path does not.
bool ends_at(string_view text, std::size_t end) {
  while (end < text.size() && string_view(".,;:)\"'`|\\]").find(text[end]) != string_view::npos) ++end;
  return end == text.size() || text[end] == ' ' || text[end] == '\n' ||
         string_view(",\"'`|)").find(text[end - 1]) != string_view::npos;
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
        is_place(folded, word) && is_about_logging_in(folded, word))
      found.push_back(word);
    ++at;
  }
  return found;
}

}  // namespace pawl::redaction
