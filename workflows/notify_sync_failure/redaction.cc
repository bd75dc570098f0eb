// Hand-written scanners, one a kind of secret: std::regex would recurse once a character.
#include "workflows/notify_sync_failure/redaction.h"

#include <algorithm>
#include <array>

#include "workflows/notify_sync_failure/named_secrets.h"

namespace pawl::notify_sync_failure {

namespace {

using std::string_view;

constexpr auto kNotFound = string_view::npos;
constexpr string_view kWordEnds = " \n\"'`<>";
constexpr string_view kTokenSigns = "._~+/=:-";
constexpr auto kSchemes = std::to_array<string_view>({"bearer", "basic"});

struct TokenKind {
  string_view prefix;
  std::size_t shortest;
};
// Lengths well below the real ones, since a text may be cut, and well above any word with such a beginning.
constexpr auto kTokenKinds = std::to_array<TokenKind>(
    {{"eyJ", 16},   {"AKIA", 16},     {"ASIA", 16},        {"ghp_", 12},     {"gho_", 12},     {"ghu_", 12},
     {"ghs_", 12},  {"ghr_", 12},     {"github_pat_", 16}, {"glpat-", 12},   {"xoxb-", 12},    {"xoxp-", 12},
     {"xoxa-", 12}, {"sk_live_", 12}, {"sk_test_", 12},    {"rk_live_", 12}, {"pk_live_", 12}, {"whsec_", 12},
     {"AIza", 20},  {"ya29.", 12},    {"SG.", 20},         {"sk-", 24}});

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

using Characters = std::array<bool, 256>;
constexpr bool holds(const Characters& set, char c) { return set[static_cast<unsigned char>(c)]; }
template <class Is>
constexpr Characters characters(Is is) {
  Characters set{};
  for (std::size_t c = 0; c < set.size(); ++c) set[c] = is(static_cast<char>(c));
  return set;
}

constexpr Characters kAlphanumeric = characters([](char c) { return is_digit(c) || is_upper(c) || is_lower(c); });
bool is_alphanumeric(char c) { return holds(kAlphanumeric, c); }
bool is_token_character(char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; }
bool is_credential_character(char c) { return is_alphanumeric(c) || c == '_' || kTokenSigns.find(c) != kNotFound; }

bool starts_with_ignoring_case(string_view text, string_view lower) {
  return text.size() >= lower.size() && std::equal(lower.begin(), lower.end(), text.begin(), [](char want, char found) {
           return (is_upper(found) ? static_cast<char>(found - 'A' + 'a') : found) == want;
         });
}

template <class Is>
std::size_t run_length(string_view text, Is is) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is) - text.begin());
}

// From BEGIN to the end of its END line, or of the text where that was cut off.
std::string redact_pem_blocks(string_view text) {
  std::string redacted;
  for (std::size_t begin; (begin = text.find("-----BEGIN ")) != kNotFound;) {
    redacted += text.substr(0, begin);
    redacted += kRedacted;
    const std::size_t end_line = text.find("-----END ", begin);
    const std::size_t close = end_line == kNotFound ? kNotFound : text.find("-----", end_line + 9);
    text = close == kNotFound ? string_view{} : text.substr(close + 5);
  }
  return redacted += text;
}

bool looks_like_port(string_view text) { return run_length(text, is_digit) == text.size(); }

// Where the user part of `authority…` ends, at its '@'. A password may hold an unescaped '/', '?' or '#', so that the
// authority seems to end early: then what follows the colon is no port.
std::size_t end_of_user_part(string_view after_scheme) {
  const string_view authority = after_scheme.substr(0, after_scheme.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != kNotFound) return at;
  const auto colon = authority.rfind(':');
  if (colon == kNotFound || looks_like_port(authority.substr(colon + 1))) return kNotFound;
  return after_scheme.rfind('@');
}

// One word of the text: a URL, `user:password@host`, or anything else.
std::string redact_user_part(string_view word) {
  const auto colon = word.find(':');
  const auto last_at = word.rfind('@');
  if (colon == kNotFound || last_at == kNotFound || last_at < colon) return std::string(word);
  if (starts_with_ignoring_case(word, "mailto:")) return std::string(word);
  const bool is_url = word.substr(colon).starts_with("://");
  const std::size_t begin = colon + (is_url ? 3 : 1);
  const std::size_t length = is_url ? end_of_user_part(word.substr(begin)) : last_at - begin;
  if (length == kNotFound) return std::string(word);
  std::string redacted(word.substr(0, begin));
  redacted += kRedacted;
  return redacted += word.substr(begin + length);
}

std::string redact_user_parts(string_view text) {
  std::string redacted;
  if (text.find('@') == kNotFound) return redacted += text;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(kWordEnds), text.size());
    redacted += redact_user_part(text.substr(0, end));
    redacted += text.substr(end, 1);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return redacted;
}

// "Bearer abc123…" and "Basic dXNlcjpw…", yet not "Basic authentication" or `Bearer realm="…"`.
bool looks_like_credential(string_view value) {
  const bool digit = std::any_of(value.begin(), value.end(), is_digit);
  const bool mixed = std::adjacent_find(value.begin(), value.end(), [](char first, char second) {
                       return is_lower(first) && is_upper(second);
                     }) != value.end();
  return value.size() >= 20 || (value.size() >= 4 && (digit || mixed)) || (value.size() >= 8 && value.ends_with('='));
}

// How much of the text's front is a scheme with its blanks, given that a credential follows; else 0.
std::size_t scheme_before_credential(string_view text) {
  for (const string_view scheme : kSchemes) {
    if (!starts_with_ignoring_case(text, scheme)) continue;
    const std::size_t blanks = run_length(text.substr(scheme.size()), [](char c) { return c == ' ' || c == '\n'; });
    const string_view value = text.substr(scheme.size() + blanks);
    const bool fits = blanks > 0 && looks_like_credential(value.substr(0, run_length(value, is_credential_character)));
    if (fits) return scheme.size() + blanks;
  }
  return 0;
}

std::size_t known_token(string_view text) {
  for (const TokenKind& kind : kTokenKinds) {
    if (text.front() != kind.prefix.front() || !text.starts_with(kind.prefix)) continue;
    const std::size_t length = run_length(text, is_token_character);
    if (length >= kind.shortest) return length;
  }
  return 0;
}

// What a word begins with that is a scheme or a token: few are worth a closer look.
constexpr Characters kSuspects = characters([](char c) {
  return std::any_of(kTokenKinds.begin(), kTokenKinds.end(),
                     [=](const TokenKind& kind) { return kind.prefix[0] == c; }) ||
         std::any_of(kSchemes.begin(), kSchemes.end(),
                     [=](string_view scheme) { return scheme[0] == (is_upper(c) ? c - 'A' + 'a' : c); });
});

// Where the next word begins: behind a character that is no letter and no digit.
std::size_t next_word(string_view text, std::size_t at) {
  while (at < text.size() && is_alphanumeric(text[at])) ++at;
  return at + 1;
}

// Both begin where a word begins.
std::string redact_tokens(string_view text) {
  std::string redacted;
  std::size_t copied = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (!holds(kSuspects, text[at])) {
      at = next_word(text, at);
      continue;
    }
    const std::size_t kept = scheme_before_credential(text.substr(at));
    const std::size_t secret =
        kept > 0 ? run_length(text.substr(at + kept), is_credential_character) : known_token(text.substr(at));
    if (secret > 0) {
      redacted += text.substr(copied, at + kept - copied);
      redacted += kRedacted;
      copied = at += kept + secret;
      if (!is_alphanumeric(text[at - 1])) continue;
    }
    at = next_word(text, at);
  }
  return redacted += text.substr(copied);
}

}  // namespace

std::string redact(string_view text) {
  return redact_named_secrets(redact_tokens(redact_user_parts(redact_pem_blocks(text))));
}

}  // namespace pawl::notify_sync_failure
