// Reads the arguments behind every function whose name says that it takes an account.
#include "workflows/redaction/places/secret_calls.h"

#include <re2/re2.h>

#include <algorithm>
#include <optional>

#include "workflows/redaction/reading/expression.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kPathMax = 48;
constexpr std::size_t kCallMax = 400;
constexpr std::size_t kArgumentsMax = 6;

enum class Call {
  kLogsIn,    ///< `login(user, x)`: every text behind the first argument.
  kConnects,  ///< `connect(where, user, x)`, `connect(user, x, where)`
  kOpens      ///< `new PmsClient(user, x)`: a text that looks like a secret.
};

// A method that every class has is judged by the class: `Net::FTP.open`, `Credentials::new`.
std::optional<Call> call_of_class(string_view name) {
  static const RE2 connects("(?i)(?:ftp|ssh|smtp|imap|pop3?|ldap|telnet|database|sequelize)$");
  static const RE2 logs_in("(?i)(?:credentials?|auth|login|account)$");
  if (matches(name, connects)) return Call::kConnects;
  return matches(name, logs_in) ? Call::kLogsIn : Call::kOpens;
}

std::optional<Call> call_of(string_view path) {
  static const RE2 none("(?i)(?:exception|error|fault|message|author\\w*|loginfo\\w*|test|assert\\w*|url|uri|path)$");
  static const RE2 of_class("^(?:new|New\\w*|open|Open|start|create|basic|dial|Dial|of|request)$");
  static const RE2 logs_in(
      "(?i)log_?[io]n|sign_?[io]n|(?:^|_)auth|[a-z]Auth(?:$|[A-Z])|authenticat|credential|^creds|principal|passw|"
      "user_?name|(?:create|add|change|insert|new|verify|validate|check)_?(?:db_?)?(?:user|pin|otp)|(?:simple|"
      "ldap)_?bind|basicauth");
  static const RE2 connects(
      "^(?:PDO\\w*|__construct|mysqli?\\w*|\\w*[cC]onnect\\w*|getConnection|Connection|ssh2_auth_password|imap_open|"
      "ldap_bind|DataSource|DriverManager|Sequelize|Database|(?:S?FTP|SSH|SMTP|IMAP4?|POP3)\\w*)$");
  static const RE2 opens("(?i)(?:client|session|connector|connection|agent|smtp|s?ftp|imap|pop3|ssh|api|service)$");
  const std::size_t qualifier = path.find_last_of(".:>\\");
  const string_view name = path.substr(qualifier + 1);
  if (qualifier != string_view::npos && matches(name, of_class))
    return call_of_class(path.substr(0, path.find_last_not_of(".:->\\", qualifier) + 1));
  std::optional<Call> call;
  if (matches(name, connects))
    call = Call::kConnects;
  else if (matches(name, logs_in))
    call = Call::kLogsIn;
  else if (matches(name, opens))
    call = Call::kOpens;
  return call && !matches(name, none) ? call : std::nullopt;
}

class Arguments {
 public:
  Arguments(string_view text, std::size_t open)
      : text_(text.substr(0, std::min(text.size(), open + kCallMax))), at_(open + 1) {}

  // The content of the quotes in each, empty where it has none or a name.
  std::vector<Range> all() {
    std::vector<Range> arguments;
    while (arguments.size() < kArgumentsMax) {
      const auto argument = next();
      if (!argument) break;
      arguments.push_back(*argument);
    }
    return arguments;
  }

 private:
  std::optional<Range> next() {
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

// What is called, with its class: `Pms\Client->signIn`. Behind a blank the bracket is one of a sentence, unless quotes
// follow.
string_view path_before(string_view text, std::size_t open) {
  std::size_t end = open;
  const bool quotes_follow = open + 1 < text.size() && (text[open + 1] == '"' || text[open + 1] == '\'');
  if (end > 0 && text[end - 1] == ' ' && quotes_follow) --end;
  std::size_t begin = end;
  const auto of_path = [](char c) { return is_alphanumeric(c) || string_view("_.:>\\-").find(c) != string_view::npos; };
  while (begin > 0 && end - begin < kPathMax && of_path(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

bool is_address(string_view value) { return value.find("//") != string_view::npos || value.starts_with('/'); }

bool looks_like_one(string_view value) {
  return looks_secret(value) && !is_address(value) && value.find('.') == string_view::npos && !looks_like_a_name(value);
}

// Whether the argument at `index` is a secret.
bool is_secret(Call call, const std::vector<string_view>& values, std::size_t index) {
  const string_view value = values[index];
  if (index == 0 || value.empty() || is_prose(value)) return false;
  if (call == Call::kOpens) return looks_like_one(value);
  if (call == Call::kLogsIn) return true;
  if (values.size() > 2 && is_address(values[2])) return index == 1;
  return index == 2 || (index == 3 && values[0].empty());  // `real_connect($connection, where, user, x)`
}

}  // namespace

std::vector<Range> secrets_of_calls(string_view folded) {
  std::vector<Range> found;
  for (std::size_t open = folded.find('('); open != string_view::npos; open = folded.find('(', open + 1)) {
    const string_view path = path_before(folded, open);
    const auto call = path.empty() ? std::nullopt : call_of(path);
    if (!call) continue;
    const std::vector<Range> arguments = Arguments(folded, open).all();
    std::vector<string_view> values;
    for (const Range& one : arguments) values.push_back(folded.substr(one.begin, one.end - one.begin));
    for (std::size_t index = 0; index < values.size(); ++index)
      if (is_secret(*call, values, index)) found.push_back(arguments[index]);
  }
  return found;
}

}  // namespace pawl::redaction
