// The vocabulary of redaction.
#include "workflows/notify_sync_failure/secret_names.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace pawl::notify_sync_failure {

namespace {

using std::string_view;

// Which letters are in a word, a bit each: a text can hold only words whose letters it has, and few are left to look
// for.
constexpr std::uint32_t letters_of(string_view word) {
  std::uint32_t letters = 0;
  for (const char c : word)
    if (c >= 'a' && c <= 'z') letters |= 1u << (c - 'a');
  return letters;
}

struct Part {
  constexpr Part(const char* word) : word(word), letters(letters_of(word)) {}
  string_view word;
  std::uint32_t letters;
};

// Compared in lower case and without '_' and '-'.
constexpr auto kInside = std::to_array<Part>(
    {"password",  "passwd",        "passcode",        "pwd",          "secret",           "token",        "apikey",
     "accesskey", "privatekey",    "signingkey",      "accountkey",   "sharedkey",        "functionskey", "masterkey",
     "authkey",   "encryptionkey", "subscriptionkey", "credential",   "signature",        "sessionid",    "sessid",
     "jwt",       "bearer",        "assertion",       "codeverifier", "connectionstring", "licensekey",   "appkey"});
constexpr auto kWhole =
    std::to_array<string_view>({"pass", "auth", "sig", "sas", "pin", "otp", "sid", "session", "jsession", "hmac"});
constexpr auto kRestOfLine =
    std::to_array<string_view>({"authorization", "proxyauthorization", "cookie", "setcookie", "passphrase"});
// A name that ends so describes a secret and is none: token_type, password_policy.
constexpr auto kInnocentEnds =
    std::to_array<string_view>({"type", "expiresin", "expiresat", "expiry", "endpoint", "url", "uri", "count", "length",
                                "limit", "status", "policy", "expired", "lifetime", "ttl"});
constexpr auto kErrorStarts = std::to_array<string_view>(
    {"invalid", "expired", "missing", "bad", "wrong", "incorrect", "unauthorized", "unsupported", "unknown"});
constexpr auto kBeforeKey = std::to_array<string_view>(
    {"api", "access", "private", "secret", "signing", "account", "shared", "encryption", "subscription"});
// Between blanks, each of them.
constexpr string_view kProse =
    " a absent access account already an and are attempt authentication authorization been blank cannot client "
    "connection could denied did disabled does empty error expected expired failed failure false for from grant "
    "has have header in incorrect invalid is it locked malformed mismatch missing must no none not null of on or "
    "password please refresh refused rejected request required revoked server signature that the this to token "
    "too true unauthorized undefined unknown unsupported user was were will with wrong your ";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string bare(string_view name) {
  std::string text;
  for (const char c : name)
    if (c != '_' && c != '-') text += lower(c);
  return text;
}

template <class Words>
bool holds(const Words& words, string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <class Words, class Fits>
bool any(const Words& words, Fits fits) {
  return std::any_of(words.begin(), words.end(), fits);
}

bool holds_part(string_view text) {
  const std::uint32_t letters = letters_of(text);
  return any(kInside, [&](const Part& part) {
    return (part.letters & ~letters) == 0 && text.find(part.word) != string_view::npos;
  });
}

bool is_prose_word(string_view word) {
  return !word.empty() && kProse.find(" " + bare(word) + " ") != string_view::npos;
}

// `smtp_pass`, `db-pass` and `dbPass`, yet neither `compass` nor `bypass`.
bool ends_in_pass(string_view name) {
  if (name.size() < 5) return false;
  const string_view end = name.substr(name.size() - 5);
  return (end[0] == '_' || end[0] == '-' || end[1] == 'P') && bare(end.substr(1)) == "pass";
}

std::string word_before(string_view before) {
  if (before.empty() || before.back() != ' ') return {};
  before.remove_suffix(1);
  std::size_t start = before.size();
  while (start > 0 && is_letter(before[start - 1])) --start;
  return bare(before.substr(start));
}

bool in_query(string_view before) { return !before.empty() && (before.back() == '?' || before.back() == '&'); }

bool is_secret_by_place(string_view name, string_view before) {
  if (name == "key") return in_query(before) || holds(kBeforeKey, word_before(before));
  return name == "code" && in_query(before);  // the authorization code in the URL of an OAuth redirect
}

}  // namespace

Secrecy secrecy_of(string_view name, string_view before) {
  const std::string text = bare(name);
  if (holds(kRestOfLine, text)) return Secrecy::kRestOfLine;
  const bool secret = holds(kWhole, text) || ends_in_pass(name) || is_secret_by_place(text, before) || holds_part(text);
  if (!secret || text.starts_with("secretar")) return Secrecy::kNone;
  if (any(kInnocentEnds, [&](string_view end) { return text.ends_with(end); })) return Secrecy::kNone;
  const bool about_errors = any(kErrorStarts, [&](string_view start) { return text.starts_with(start); });
  return about_errors || text == "tokens" ? Secrecy::kLikely : Secrecy::kCertain;
}

bool is_prose(string_view value) {
  const auto end = std::find_if_not(value.begin(), value.end(), is_letter);
  const bool one_word = std::none_of(end, value.end(), [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
  return one_word && is_prose_word(value.substr(0, static_cast<std::size_t>(end - value.begin())));
}

bool looks_random(string_view value, std::size_t length) {
  return value.size() >= length && std::any_of(value.begin(), value.end(), is_letter) &&
         std::any_of(value.begin(), value.end(), is_digit);
}

}  // namespace pawl::notify_sync_failure
