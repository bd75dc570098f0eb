// The vocabulary of secrets as one regular expression; what it finds is looked at more closely.
#include "workflows/redaction/named/secret_names.h"

#include <re2/re2.h>

#include <algorithm>
#include <string>

#include "workflows/redaction/reading/expression.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string;
using std::string_view;

// A blank in these stands for one of blank, '_', '-', '.', or nothing.
constexpr string_view kRestOfLine =
    "proxy authorization|authorization|set cookie|cookies?|pass phrase|seed phrase|recovery phrase|secret phrase|"
    "mnemonic phrase|mnemonic|"
    "recovery codes|backup codes";
constexpr string_view kCertain =
    "pass word|passw|pass wd|pass code|pwd|pswd|p word|one time code|verification code|security code|recovery code|"
    "memorable word|memorable information|security answer|secret answer|access code|alarm code|door code|gate "
    "code|entry code|"
    "key safe code|pre shared key|preshare|key material|"
    "snmp community|community string|code verifier|connection string|conn str|session id|sess id|aspx auth|cvv2|cvc2|"
    "pass wort|kennwort|kennw|contrasena|palavra passe|senha|wachtwoord|wachtw|mot de passe|haslo|parola|lozinka|"
    "losenord|adgangskode|kodeord|passord|salasana|heslo|jelszo|sifre|parool|slaptazodis|clave|kata sandi|geheimnis|"
    "пароль|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|סיסמ|كلمة السر|كلمة المرور|รหัสผ่าน|mật khẩu|पासवर्ड";
constexpr string_view kNamed =
    "(?:api|access|private|priv|secret|signing|sign|account|acct|shared|encryption|encrypt|crypt|subscription|function|"
    "functions|master|host|auth|licence|license|app|application|deploy|service|session|storage|server|consumer|client|"
    "webhook|ssh|pgp|gpg|rsa|tls|ssl|hmac|jwt|root|admin|integration|routing|recovery|product|activation|feed) key|"
    "api pass|apik|pass key|remember me|wordpress logged in|stringdata|"
    "secret word|sonar login|secret|token|jeton|credential|signature|jwt|bearer|assertion|saml response|saml "
    "request|csrf|xsrf|auth code|"
    "cle (?:api|privee|secrete|d'acces)|schlussel|llave|sleutel";
// Only as a whole part of a name: `smtp_pass`, `dbPass`, yet neither `compass` nor `bypass`.
constexpr string_view kParts =
    "pass|pw|psw|passwd|(?:db|ssh|ftp|sftp|user|root|admin|smtp|mail|my|app|bind|(?:src|dest|key|trust)?store|(?:src|"
    "dest)?key|ldap|"
    "pg|vnc|net|login|require)pass|masterauth|"
    "auth|sig|sas|pin|otp|totp|sid|session|sess|jsession|hmac|cvv|cvc|mdp|tok|pat|psk|creds?|"
    "bindpw|rootpw|dbpw|adminpw|userpw|key";

// An expression for the words of some groups. Without groups of its own: to tell those costs RE2 more than to search.
string expression_of(std::initializer_list<string_view> groups) {
  string pattern = "(?i)";
  for (const string_view group : groups) {
    if (pattern.size() > 4) pattern += '|';
    for (const char c : fold(group).text) pattern += c == ' ' ? string("[ _.-]?") : string(1, c);
  }
  return pattern;
}

enum class Group { kRestOfLine, kCertain, kNamed, kPart };

// The first group that has the word, as in an alternation.
Group group_of(re2::StringPiece word) {
  static const RE2 rest_of_line(expression_of({kRestOfLine}));
  static const RE2 certain(expression_of({kCertain}));
  static const RE2 named(expression_of({kNamed}));
  if (RE2::FullMatch(word, rest_of_line)) return Group::kRestOfLine;
  if (RE2::FullMatch(word, certain)) return Group::kCertain;
  return RE2::FullMatch(word, named) ? Group::kNamed : Group::kPart;
}

const RE2& vocabulary() {
  static const RE2 expression(expression_of({kRestOfLine, kCertain, kNamed, kParts}));
  return expression;
}

// What a name goes on with that describes a secret and is none: token_type, password_policy, secretary.
const RE2& innocent_end() {
  static const RE2 expression(
      "(?i)^s?[_.-]?(?:types?|expir\\w*|endpoint|ur[li]|counts?|length|limit|status|polic(?:y|ies)|lifetime|ttl|names?|"
      "field|label|reset|required|strength|manager|store|provider|version|algorithm|alg|format|id|ids|less|"
      "i[sz](?:ed|er|ation)\\w*|ary|aries|ariat|ory|ports?|ive|ure|ing|able|wall|enger)$");
  return expression;
}

bool has_innocent_end(string_view rest) { return matches(rest, innocent_end()); }

// A name that begins so is an error about a secret.
bool is_about_errors(string_view name) {
  static const RE2 expression(
      "(?i)^(?:in-?valid|expired|missing|bad|wrong|incorrect|unauthorized|unsupported|unknown|mismatch)|"
      "(?:mismatch|invalid|missing|error)$");
  return matches(name, expression);
}

// `unexpected token: IDENTIFIER` is a parser's.
bool is_syntax_error(string_view before) {
  static const RE2 expression("(?i)(?:unexpected|next|near|syntax|lexical|illegal) $");
  before.remove_prefix(before.size() - std::min<std::size_t>(before.size(), 16));
  return matches(before, expression);
}

// What a cache, a table or a page is found by; the thing that is called a secret.
bool is_address(string_view text, Range word) {
  static const RE2 expression(
      "(?i)(?:^|[^a-z])(?:(?:in|from|named|called) secrets?|(?:cache|sort|partition|idempotency|primary|foreign|"
      "public|lookup|dup|duplicate|object|row|unique|map)[ _-]?keys?|(?:page|next|sync|continuation|next[ _-]?page)"
      "[ _-]?token)$");
  const std::size_t from = word.begin - std::min<std::size_t>(word.begin, 16);
  return RE2::PartialMatch({text.data() + from, word.end - from}, expression);
}

// What changes passwords, and stands before its messages.
bool is_tool(string_view name) {
  static const RE2 expression("^(?:ch|ht|smb|ldap|vnc|sasl)passwd2?$");
  return name.ends_with("passwd") && matches(name, expression);
}

bool is_part(string_view text, Range part) {
  const char first = text[part.begin];
  const char last = text[part.end - 1];
  const char before = part.begin == 0 ? ' ' : text[part.begin - 1];
  const char after = part.end == text.size() ? ' ' : text[part.end];
  const bool begins = !is_letter(before) || (is_lower(before) && is_upper(first));
  return begins && (!is_letter(after) || (is_lower(last) && is_upper(after)));
}

constexpr std::size_t kAffixMax = 64;  // so that a text of one long word is not gone over for each secret in it

Range whole_name(string_view text, Range found) {
  const std::size_t first = found.begin - std::min(found.begin, kAffixMax);
  const std::size_t last = std::min(text.size(), found.end + kAffixMax);
  while (found.begin > first && is_name_character(text[found.begin - 1])) --found.begin;
  while (found.end < last && is_name_character(text[found.end])) ++found.end;
  return found;
}

// What opens a door opens a table in these languages, too; `API-Schlüssel` is a secret's name.
bool is_any_key(string_view name) {
  static const RE2 expression("(?i)^(?:schlussels?|llaves?|sleutels?)$");
  return matches(name, expression);
}

// A key by itself is a name of anything, but for one of a URL's query.
Secrecy secrecy_of_key(string_view text, Range name) {
  const bool in_query = name.begin > 0 && string_view("?&").find(text[name.begin - 1]) != string_view::npos;
  return in_query ? Secrecy::kNamed : Secrecy::kLikely;
}

// How sure a name makes us, of which `word` is the part that is known.
Secrecy secrecy_of(string_view text, Range name, string_view word, Group group) {
  const string_view whole = text.substr(name.begin, name.end - name.begin);
  const bool plural_token = word.ends_with("oken") && whole.ends_with("okens");
  if (is_about_errors(whole) || plural_token || is_any_key(whole)) return Secrecy::kLikely;
  if (group == Group::kPart && (word == "key" || word == "Key" || word == "KEY")) return secrecy_of_key(text, name);
  if (group == Group::kPart && (word == "sid" || word == "pat")) return Secrecy::kLikely;
  if (group == Group::kRestOfLine) return Secrecy::kRestOfLine;
  return group == Group::kNamed ? Secrecy::kNamed : Secrecy::kCertain;
}

}  // namespace

std::optional<SecretName> next_secret_name(string_view folded, std::size_t from) {
  const re2::StringPiece text(folded.data(), folded.size());
  re2::StringPiece found;
  while (from < folded.size() && vocabulary().Match(text, from, folded.size(), RE2::UNANCHORED, &found, 1)) {
    const std::size_t begin = static_cast<std::size_t>(found.data() - folded.data());
    const Range word{begin, begin + found.size()};
    from = word.begin + 1;
    const Group group = group_of(found);
    if (group == Group::kPart && !is_part(folded, word)) continue;
    from = word.end;
    const Range name = whole_name(folded, word);
    const string_view rest = folded.substr(word.end, name.end - word.end);
    if (is_address(folded, word) || has_innocent_end(rest) || is_syntax_error(folded.substr(0, name.begin))) continue;
    if (is_tool(folded.substr(name.begin, name.end - name.begin))) continue;
    return SecretName{name, secrecy_of(folded, name, {found.data(), found.size()}, group)};
  }
  return std::nullopt;
}

}  // namespace pawl::redaction
