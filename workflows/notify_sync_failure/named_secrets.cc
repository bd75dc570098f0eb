// Walks over the names in a text; after a secret's name it finds where the value begins and where it ends.
#include "workflows/notify_sync_failure/named_secrets.h"

#include <algorithm>
#include <optional>

#include "workflows/notify_sync_failure/secret_names.h"

namespace pawl::notify_sync_failure {

namespace {

using std::string_view;

constexpr auto kNotFound = string_view::npos;
constexpr string_view kBlanks = " \n";
constexpr string_view kQuotes = "\"'`";
constexpr string_view kValueEnds =
    " \n\"'`&;,<";  // few, since a password may hold brackets: better too much than a rest
constexpr string_view kSchemes[] = {"Bearer ", "bearer ", "Basic ", "basic ", "Token ", "Digest "};
constexpr std::size_t kRandomAfterBlank = 8;  // `token a1b2c3d4`, yet not `token id 7`

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_one_of(char c, string_view set) { return set.find(c) != kNotFound; }

struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// What stands between a name and its value.
enum class Separator { kNone, kBlank, kSign, kTag };

struct ValueStart {
  Separator separator = Separator::kNone;
  std::size_t at = 0;
};

class Scanner {
 public:
  explicit Scanner(string_view text) : text_(text) {}

  // The value of the secret that is named in `name`, if it names one and the value is none of the harmless.
  std::optional<Range> secret_of(Range name) const {
    const Secrecy secrecy = secrecy_of(slice(name), text_.substr(0, name.begin));
    if (secrecy == Secrecy::kNone) return std::nullopt;
    const ValueStart start = value_start(name);
    if (start.separator == Separator::kNone || start.at >= text_.size()) return std::nullopt;
    const Range value = value_at(name, start, secrecy);
    if (value.begin >= value.end || is_harmless(value, start.separator, secrecy)) return std::nullopt;
    return value;
  }

 private:
  string_view slice(Range range) const { return text_.substr(range.begin, range.end - range.begin); }
  std::size_t or_end(std::size_t found) const { return found == kNotFound ? text_.size() : found; }
  std::size_t skip(string_view set, std::size_t at) const { return or_end(text_.find_first_not_of(set, at)); }
  bool stands(string_view piece, std::size_t at) const { return text_.substr(at).starts_with(piece); }

  ValueStart value_start(Range name) const {
    if (is_tag(name)) {
      const std::size_t close = text_.find_first_of("<>", name.end);
      if (close == kNotFound || text_[close] == '<') return {};
      return {Separator::kTag, close + 1};
    }
    const std::size_t after_name = skip("\\\"'`])", after_entity(name.end));
    const std::size_t sign = skip(kBlanks, after_name);
    for (const string_view piece : {"=>", ":=", "==", ":", "=", "%3D", "%3d", "%3A", "%3a"})
      if (stands(piece, sign)) return {Separator::kSign, after_entity(skip(kBlanks, sign + piece.size()))};
    if (sign == after_name || after_name != name.end) return {};
    return {slice(name).starts_with("--") ? Separator::kSign : Separator::kBlank, after_linking_verb(sign)};
  }

  // JSON that was escaped for HTML; its values end at the next '&'.
  std::size_t after_entity(std::size_t at) const {
    for (const string_view entity : {"&quot;", "&#34;", "&#39;", "&apos;"})
      if (stands(entity, at)) return at + entity.size();
    return at;
  }

  std::size_t after_linking_verb(std::size_t at) const {
    for (const string_view verb : {"is ", "was "})
      if (stands(verb, at)) return skip(kBlanks, at + verb.size());
    return at;
  }

  // `<password>` and `<wsse:Password Type="PasswordText">`; a closing tag announces nothing.
  bool is_tag(Range name) const {
    std::size_t at = name.begin;
    while (at > 0 && (is_name_character(text_[at - 1]) || text_[at - 1] == ':')) --at;
    return at > 0 && text_[at - 1] == '<';
  }

  Range value_at(Range name, ValueStart start, Secrecy secrecy) const {
    if (start.separator == Separator::kTag) return {start.at, or_end(text_.find('<', start.at))};
    const std::size_t quote = skip("\\", start.at);
    if (quote < text_.size() && is_one_of(text_[quote], kQuotes)) return {quote + 1, closing_quote(start.at, quote)};
    if (is_one_of(text_[start.at], "[{")) return {start.at, after_bracket(start.at)};
    if (secrecy == Secrecy::kRestOfLine) return {start.at, end_of_line(name, start.at)};
    const std::size_t scheme = after_scheme(start.at);
    return {scheme, or_end(text_.find_first_of(kValueEnds, scheme))};
  }

  // Where the quoted value ends. Quotes inside it carry more backslashes than the opening one did.
  std::size_t closing_quote(std::size_t start, std::size_t quote) const {
    const std::size_t backslashes = quote - start;
    for (std::size_t at = quote + 1; at < text_.size(); ++at) {
      if (text_[at] != text_[quote]) continue;
      std::size_t first = at;
      while (first > quote + 1 && text_[first - 1] == '\\') --first;
      if (at - first <= backslashes) return first;
    }
    return text_.size();
  }

  // A header that is quoted as a whole ends with its quote.
  std::size_t end_of_line(Range name, std::size_t at) const {
    const bool is_quoted = name.begin > 0 && is_one_of(text_[name.begin - 1], kQuotes);
    const char ends[] = {'\n', is_quoted ? text_[name.begin - 1] : '\n'};
    return or_end(text_.find_first_of(string_view(ends, 2), at));
  }

  std::size_t after_bracket(std::size_t open) const {
    const std::size_t close = text_.find(text_[open] == '[' ? ']' : '}', open);
    return close == kNotFound ? text_.size() : close + 1;
  }

  // `token: Bearer abc`: the scheme is no secret and what follows it is.
  std::size_t after_scheme(std::size_t at) const {
    return starts_with_scheme(at) ? skip(kBlanks, text_.find(' ', at)) : at;
  }

  bool starts_with_scheme(std::size_t at) const {
    return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                       [&](string_view scheme) { return stands(scheme, at); });
  }

  string_view first_word(std::size_t at) const { return slice({at, or_end(text_.find_first_of(kValueEnds, at))}); }

  bool is_harmless(Range value, Separator separator, Secrecy secrecy) const {
    if (secrecy == Secrecy::kRestOfLine) return is_prose(first_word(value.begin)) && !starts_with_scheme(value.begin);
    if (is_prose(slice(value))) return true;
    const bool is_quoted = is_one_of(text_[value.begin - 1], kQuotes);
    const bool in_doubt = secrecy == Secrecy::kLikely || (separator == Separator::kBlank && !is_quoted);
    return in_doubt && !looks_random(slice(value), kRandomAfterBlank);
  }

  string_view text_;
};

}  // namespace

std::string redact_named_secrets(string_view text) {
  const Scanner scanner(text);
  std::string redacted;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!is_name_character(text[at])) {
      ++at;
      continue;
    }
    const auto end = std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_name_character);
    const Range name{at, static_cast<std::size_t>(end - text.begin())};
    at = name.end;
    const auto secret = scanner.secret_of(name);
    if (!secret) continue;
    redacted += text.substr(copied, secret->begin - copied);
    redacted += kRedacted;
    copied = at = secret->end;
  }
  redacted += text.substr(copied);
  return redacted;
}

}  // namespace pawl::notify_sync_failure
