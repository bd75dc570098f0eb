// Gathers the ranges that are secret in the folded text, and cuts them out of the original.
#include "workflows/redaction/redaction.h"

#include <re2/re2.h>

#include <algorithm>

#include "workflows/redaction/named/named_secrets.h"
#include "workflows/redaction/places/guessed_secrets.h"
#include "workflows/redaction/places/secret_calls.h"
#include "workflows/redaction/places/secret_commands.h"
#include "workflows/redaction/places/secret_patterns.h"
#include "workflows/redaction/reading/secret_words.h"

namespace pawl::redaction {

namespace {

using std::string_view;

constexpr std::size_t kRandomMin = 16;

bool joins_random(char c) { return is_alphanumeric(c) || string_view("_+~-").find(c) != string_view::npos; }

// `request id Nk3…`, `evt_1Nk3…`: told to a support desk, and of no use to a thief.
bool names_an_id(string_view before, string_view word) {
  static const RE2 id_before(
      "(?i)(?:id|ids|ref|reference|number|trace|correlation|etag|digest|checksum|fingerprint|commit|"
      "integrity|sha\\d*|ray|revision|version)[\\s:=\"'#-]*$");
  static const RE2 id_start(
      "^(?:req|evt|pi|ch|cus|sub|acct|price|prod|txn|msg|usr|user|org|run|inv|in|seti|re|il|job|trace|"
      "order|file)_");
  static const RE2 key_id("(?i)key[ _-]?id[\\s:=\"'#-]*$");
  before.remove_prefix(before.size() - std::min<std::size_t>(before.size(), 24));
  if (RE2::PartialMatch({before.data(), before.size()}, key_id)) return false;
  return RE2::PartialMatch({before.data(), before.size()}, id_before) ||
         RE2::PartialMatch({word.data(), word.size()}, id_start);
}

void add_random_words(string_view folded, std::vector<Range>& secrets) {
  for (std::size_t at = 0; at < folded.size();) {
    const std::size_t begin = at;
    while (at < folded.size() && joins_random(folded[at])) ++at;
    while (at > begin && at < folded.size() && folded[at] == '=') ++at;  // of base64
    const string_view word = folded.substr(begin, at - begin);
    if (word.size() >= kRandomMin && looks_random(word) && !names_an_id(folded.substr(0, begin), word))
      secrets.push_back({begin, at});
    ++at;
  }
}

std::string without(string_view text, const FoldedText& folded, std::vector<Range> secrets) {
  std::sort(secrets.begin(), secrets.end(), [](Range a, Range b) { return a.begin < b.begin; });
  std::string redacted;
  std::size_t copied = 0;  // of the original
  bool just_redacted = false;
  for (const Range& secret : secrets) {
    const Range original = folded.original(secret);
    if (original.end <= copied || folded.text.compare(secret.begin, kRedacted.size(), kRedacted) == 0) continue;
    if (original.begin > copied || !just_redacted) {
      redacted += text.substr(copied, std::max(original.begin, copied) - copied);
      redacted += kRedacted;
    }
    copied = original.end;
    just_redacted = true;
  }
  return redacted += text.substr(copied);
}

}  // namespace

std::string redact(string_view text) {
  const FoldedText folded = fold(text);
  std::vector<Range> secrets = secrets_by_name(folded);
  for (const auto find : {secrets_by_pattern, secrets_of_calls, secrets_of_commands, guessed_secrets})
    for (const Range& secret : find(folded.text)) secrets.push_back(secret);
  add_random_words(folded.text, secrets);
  return secrets.empty() ? std::string(text) : without(text, folded, std::move(secrets));
}

}  // namespace pawl::redaction
