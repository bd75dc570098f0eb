// Reads the arguments behind every function whose name says that it takes an account.
#include "workflows/redaction/places/secret_calls.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr auto kNotFound = string_view::npos;
constexpr std::size_t kNameMax = 48;
constexpr std::size_t kCallMax = 400;
constexpr std::size_t kArgumentsMax = 6;

// Which of the arguments, counted from 0, may be a secret, and whether it has to look like one.
struct Signature {
  std::size_t first = 1;
  std::size_t last = kArgumentsMax;
  bool has_to_look_secret = false;
};

bool matches(string_view name, const RE2& expression) {
  return RE2::PartialMatch({name.data(), name.size()}, expression);
}

// `login(user, x)`, `connect(where, user, x)`, `new PmsClient(user, x)`.
std::optional<Signature> signature_of(string_view name) {
  static const RE2 none("(?i)(?:exception|error|fault|message|author\\w*|loginfo\\w*|test|assert\\w*|url|uri|path)$");
  static const RE2 logs_in(
      "(?i)log_?[io]n|sign_?[io]n|(?:^|_)auth|[a-z]Auth(?:$|[A-Z])|authenticat|credential|passw|username_?pw|"
      "(?:create|add|change|insert|new)_?(?:db_?)?user|(?:simple|ldap)_?bind|basicauth");
  static const RE2 connects(
      "^(?:PDO\\w*|__construct|mysqli?\\w*|\\w*[cC]onnect\\w*|getConnection|Connection|ssh2_auth_password|imap_open|"
      "ldap_bind|DataSource|DriverManager)$");
  static const RE2 opens("(?i)(?:client|session|connector|connection|agent|smtp|s?ftp|imap|pop3|ssh|api|service)$");
  std::optional<Signature> signature;
  if (matches(name, connects))
    signature = Signature{2, 2, false};
  else if (matches(name, logs_in))
    signature = Signature{};
  else if (matches(name, opens))
    signature = Signature{1, kArgumentsMax, true};
  return signature && !matches(name, none) ? signature : std::nullopt;
}

class Call {
 public:
  Call(string_view text, std::size_t open)
      : text_(text.substr(0, std::min(text.size(), open + kCallMax))), at_(open + 1) {}

  // The content of the quotes in the next argument, empty where it has none or a name; nothing behind the last one.
  std::optional<Range> next_argument() {
    if (is_closed_ || at_ >= text_.size()) return std::nullopt;
    Range content{at_, at_};
    bool is_named = false;
    for (std::size_t nested = 0; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      const char c = text_[at_];
      if (is_quote(c)) {
        const Range quoted = behind_quote();
        if (content.begin == content.end && !is_named) content = quoted;
      } else if (c == '(' || c == '[' || c == '{') {
        ++nested;
      } else if (c == ')' || c == ']' || c == '}') {
        if (nested == 0) break;
        --nested;
      } else if (c == ',' && nested == 0) {
        ++at_;
        return content;
      } else if (c == '=' || c == ':') {
        is_named = true;
      }
    }
    is_closed_ = true;
    return content;
  }

 private:
  static bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }

  Range behind_quote() {
    const std::size_t open = at_;
    const std::size_t close = text_.find(text_[open], open + 1);
    at_ = std::min(close, text_.size() - 1);
    return {open + 1, std::max(at_, open + 1)};
  }

  string_view text_;
  std::size_t at_;
  bool is_closed_ = false;
};

// The identifier before the bracket at `open`, without its class: `signIn` of `Pms\Client->signIn(`. Behind a blank the
// bracket is one of a sentence, unless quotes follow.
string_view name_before(string_view text, std::size_t open) {
  std::size_t end = open;
  const bool quotes_follow = open + 1 < text.size() && (text[open + 1] == '"' || text[open + 1] == '\'');
  if (end > 0 && text[end - 1] == ' ' && quotes_follow) --end;
  std::size_t begin = end;
  while (begin > 0 && end - begin < kNameMax && (is_alphanumeric(text[begin - 1]) || text[begin - 1] == '_')) --begin;
  return text.substr(begin, end - begin);
}

bool is_secret(string_view value, bool has_to_look_secret) {
  if (value.empty() || is_prose(value)) return false;
  if (!has_to_look_secret) return true;
  const bool is_address = value.find("//") != kNotFound || value.starts_with('/') || value.find('.') != kNotFound;
  return looks_secret(value) && !is_address && !looks_like_a_name(value);
}

}  // namespace

std::vector<Range> secrets_of_calls(string_view folded) {
  std::vector<Range> found;
  for (std::size_t open = folded.find('('); open != kNotFound; open = folded.find('(', open + 1)) {
    const string_view name = name_before(folded, open);
    const auto signature = name.empty() ? std::nullopt : signature_of(name);
    if (!signature) continue;
    Call call(folded, open);
    for (std::size_t index = 0; index <= signature->last; ++index) {
      const auto argument = call.next_argument();
      if (!argument) break;
      const string_view value = folded.substr(argument->begin, argument->end - argument->begin);
      if (index >= signature->first && is_secret(value, signature->has_to_look_secret)) found.push_back(*argument);
    }
  }
  return found;
}

}  // namespace pawl::redaction
