// Goes from one secret's name to the next and judges the values.
#include "workflows/redaction/named/named_secrets.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/named/secret_blocks.h"
#include "workflows/redaction/named/secret_manifests.h"
#include "workflows/redaction/named/secret_names.h"
#include "workflows/redaction/named/secret_values.h"
#include "workflows/redaction/reading/expression.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kLineMax = 201;  // more is no prose
constexpr std::size_t kSearchedMax = 1024;
constexpr std::size_t kNameMax = 64;
constexpr std::size_t kSchemeMax = 16;
constexpr std::size_t kJudgedMax = 256;  // bytes of a value that say whether it is one, where its name does not

class Search {
 public:
  explicit Search(const FoldedText& text) : folded_(text), cursor_(text), text_(text.text) {}

  std::vector<Range> run() {
    for (std::size_t from = 0;;) {
      const auto name = next_secret_name(text_, from);
      if (!name) return std::move(found_);
      from = std::max(name->range.end, judge(*name));
    }
  }

 private:
  string_view slice(Range range) const { return text_.substr(range.begin, range.end - range.begin); }

  // Keeps what is secret, and tells where it ends.
  std::size_t judge(const SecretName& name) {
    if (heads_values(name)) return 0;
    auto value = value_of(cursor_, name.range);
    if (!value || value->range.begin >= value->range.end) return 0;
    const Range range = value->range;
    if (slice(range).starts_with(kRedacted)) return range.end;
    if (name.secrecy == Secrecy::kLikely && is_name(range)) return 0;
    if (name.secrecy == Secrecy::kRestOfLine && !value->enclosed &&
        (value->separator == Separator::kSign || (is_phrase(name.range) && value->separator == Separator::kVerb)))
      return is_harmless_line(name.range, range) ? unspeakable_in_line(range)
                                                 : keep(rest_of_line(cursor_, name.range, range.begin));
    if (value->enclosed && name.secrecy != Secrecy::kLikely) keep_successor(range.end);
    if (!value->enclosed) value->range = after_scheme(range);
    if (is_harmless(*value, name.secrecy) || names_an_object(name.range, *value))
      return value->separator == Separator::kSign ? unspeakable_in_line(range) : 0;
    if (!value->enclosed) {
      const std::size_t end = keep(with_what_goes_on(cursor_, value->range));
      return value->separator == Separator::kPair ? 0 : end;
    }
    keep(range);
    // What belongs to a pair may stand far behind its name, and other names between them.
    return value->separator == Separator::kPair ? 0 : next_line_in(range);
  }

  // `secrets "pms" already exists`: Kubernetes tells what the secret is called.
  bool names_an_object(Range name, const NamedValue& value) const {
    static const RE2 said_of_it(
        "^. (?:not found|already exists|is forbidden|in namespace|does not exist|was not found)");
    const string_view word = slice(name);
    if (value.separator != Separator::kBlank || !value.enclosed || (word != "secret" && word != "secrets"))
      return false;
    const string_view behind = cursor_.near(value.range.end);
    return matches(behind, said_of_it);
  }

  // `<add key="SmtpPassword" value="x"/>`: what the key is called is announced, not what it is.
  bool is_name(Range value) const {
    return value.end - value.begin <= kNameMax && next_secret_name(slice(value), 0).has_value();
  }

  // `password = "old" -> "new"`, `password from 'old' to 'new'`
  void keep_successor(std::size_t quote) {
    constexpr string_view kChanges[] = {" -> ", " => ", " to ", " TO "};
    for (const string_view change : kChanges) {
      const std::size_t open = quote + 1 + change.size();
      if (!cursor_.stands(change, quote + 1) || !TextCursor::is_quote(cursor_.at(open))) continue;
      const Range next = cursor_.quoted(open);
      if (!is_prose(slice(next))) keep(next);
    }
  }

  // Whether anything stands below it or in its column. What stands there itself heads nothing more.
  bool heads_values(const SecretName& name) {
    if (name.range.begin < headed_.end && name.range.begin >= headed_.begin) return false;
    const std::vector<Range> values = values_headed_by(folded_, name.range);
    if (values.empty()) return false;
    const Range all{values.front().begin, values.back().end};
    const bool overlaps = all.begin < headed_.end;  // the next column of the same table
    headed_ = overlaps ? Range{std::min(headed_.begin, all.begin), std::max(headed_.end, all.end)} : all;
    for (const Range& value : values)
      if (!slice(value).starts_with(kRedacted) && !is_harmless({Separator::kPair, true, value}, name.secrecy))
        found_.push_back(value);
    return true;
  }

  // A quote that nothing closes takes the one that opens a value further down for its end, and the name before that
  // for a part of its own value. So the lines of a short value are searched as well.
  std::size_t next_line_in(Range value) const {
    if (value.end - value.begin > kSearchedMax) return value.end;
    const std::size_t line_end = text_.find('\n', value.begin);
    return std::min(line_end, value.end);
  }

  std::size_t keep(Range secret) {
    found_.push_back(secret);
    return secret.end;
  }

  bool is_phrase(Range name) const {
    const string_view words = slice(name);
    return words.find("hrase") != string_view::npos || words.find("HRASE") != string_view::npos;
  }

  // `passphrase supplied in BORG_PASSPHRASE`, `supplied to decrypt private key`
  static bool goes_on_in_prose(string_view word) {
    constexpr string_view kWords[] = {"in", "by",  "to",  "for",     "from",    "with",   "of",  "at",
                                      "on", "via", "and", "decrypt", "encrypt", "unlock", "open"};
    return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
  }

  // `Authorization: missing for bob`; a passphrase is made of words itself.
  bool is_harmless_line(Range name, Range word) const {
    if (!is_phrase(name)) return is_prose(slice(word)) && !begins_with_scheme(slice(word));
    const string_view near = text_.substr(word.begin, kLineMax);
    if (goes_on_in_prose(slice(word))) return true;
    return is_prose(near.substr(0, near.find('\n')));
  }

  // What Postgres says of a key, `Key (id)=(42)`, names columns, which are looked at by themselves.
  static bool is_columns(string_view content) {
    return content.starts_with('(') && content.find(")=(") != string_view::npos;
  }

  bool is_harmless(const NamedValue& value, Secrecy secrecy) const {
    const string_view content = slice(value.range);
    if (is_prose(content) || (value.enclosed && is_sentence(content))) return true;
    const string_view begin = content.substr(0, kJudgedMax);
    if (secrecy == Secrecy::kLikely) return !looks_secret(begin) || is_columns(begin) || begin.starts_with('/');
    const bool unsure = value.separator == Separator::kBlank || value.separator == Separator::kVerb;
    const bool is_certain = secrecy == Secrecy::kCertain || secrecy == Secrecy::kRestOfLine;
    if (unsure && value.enclosed) return is_name_in_quotes(content, secrecy);
    if (unsure) return !looks_secret_in_sentence(content, is_certain);
    if (content.ends_with(':') && is_name(value.range)) return true;  // `auth: passwd-file: not found`
    if (content.starts_with("http") || content.starts_with("/")) return !looks_secret(begin);
    return false;
  }

  // `secret "pms-db" not found`, `cookie 'sid' has expired`
  static bool is_name_in_quotes(string_view content, Secrecy secrecy) {
    if (secrecy == Secrecy::kRestOfLine)
      return content.find(' ') == string_view::npos && !looks_chosen(content) && !looks_secret(content);
    return secrecy == Secrecy::kNamed && looks_like_a_name(content);
  }

  // `password abc9`, `usernameColonPassword bob:abc9`, yet neither `Bearer realm="x"` nor `token bucket: empty`.
  static bool looks_secret_in_sentence(string_view content, bool is_certain) {
    const bool has_lower = std::any_of(content.begin(), content.end(), is_lower);  // `(P4PASSWD)` is a variable
    if (is_certain && has_lower && content.starts_with('(')) content.remove_prefix(1);
    const std::size_t sign = content.find_first_of("=:(");
    const string_view word = content.substr(0, sign);
    if (sign + 1 == content.size()) return false;
    if (looks_secret(word) || (is_certain && looks_chosen(word))) return true;
    return is_certain && sign != string_view::npos && content[sign] == ':' && looks_chosen(content.substr(sign + 1));
  }

  // `token: Bearer abc`: the scheme is no secret and what follows it is.
  Range after_scheme(Range value) const {
    const std::size_t next = value.end + 1;
    if (!begins_with_scheme(slice(value)) || next >= text_.size() || text_[value.end] != ' ') return value;
    return {next, std::min(text_.find_first_of(" \n\"'`&;,<|", next), text_.size())};
  }

  static bool begins_with_scheme(string_view text) {
    constexpr string_view kSchemes[] = {"bearer", "basic", "token", "digest", "negotiate", "ntlm", "apikey", "ssws"};
    const string_view begin = text.substr(0, kSchemeMax);
    const string_view word = begin.substr(0, begin.find_first_of(" \n,;"));
    return std::any_of(std::begin(kSchemes), std::end(kSchemes), [&](string_view scheme) {
      return word.size() == scheme.size() &&
             std::equal(word.begin(), word.end(), scheme.begin(), [](char a, char b) { return (a | 0x20) == b; });
    });
  }

  // `password: incorrect zqtvbxnl given`: behind prose only what cannot be prose is secret.
  std::size_t unspeakable_in_line(Range value) {
    const std::size_t limit = std::min(text_.size(), value.end + 80);
    for (std::size_t at = value.end; at < limit && text_[at] != '\n';) {
      const std::size_t begin = at + 1;
      at = std::min(text_.find_first_of(" \n,;\"'", begin), text_.size());
      if (begin < at && is_unspeakable(slice({begin, at}))) return keep({begin, at});
    }
    return 0;
  }

  const FoldedText& folded_;
  TextCursor cursor_;
  string_view text_;
  Range headed_;  ///< From the first to the last value that the names of one line head.
  std::vector<Range> found_;
};

}  // namespace

std::vector<Range> secrets_by_name(const FoldedText& text) {
  std::vector<Range> found = Search(text).run();
  for (const Range& value : values_of_secret_manifests(text)) found.push_back(value);
  return found;
}

}  // namespace pawl::redaction
