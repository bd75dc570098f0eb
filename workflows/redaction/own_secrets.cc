// Looks for secrets in a text, in what its percent signs stand for, and in what its base64 stands for.
#include "workflows/redaction/own_secrets.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <vector>

#include "workflows/text/ascii.h"
#include "workflows/text/base64.h"

namespace pawl::redaction {
namespace {

constexpr std::size_t kCharactersOfByteGroup = 4;  // base64 begins anew after so many
constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::size_t kPiece = sizeof(std::uint64_t);

using Secrets = std::deque<std::string>;
using Gram = std::uint64_t;                // kPiece bytes
using Origins = std::vector<std::size_t>;  // where each byte came from, and where the text ends

// Bytes of the original text that are not to be told.
class Mask {
 public:
  explicit Mask(std::size_t size) : hidden_(size, false) {}

  void hide(std::size_t from, std::size_t to) {
    std::fill(hidden_.begin() + static_cast<std::ptrdiff_t>(from), hidden_.begin() + static_cast<std::ptrdiff_t>(to),
              true);
    any_ = true;
  }

  std::string applied_to(std::string_view text) const {
    if (!any_) return std::string(text);
    std::string masked;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!hidden_[i]) masked += text[i];
      if (hidden_[i] && (i == 0 || !hidden_[i - 1])) masked += "***";
    }
    return masked;
  }

 private:
  std::vector<bool> hidden_;
  bool any_ = false;
};

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text, Origins& origins) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size();) {
    origins.push_back(at);
    const int high = text[at] == '%' && at + 2 < text.size() ? digit_of(text[at + 1]) : -1;
    const int low = high >= 0 ? digit_of(text[at + 2]) : -1;
    decoded += low >= 0 ? static_cast<char>(high * 16 + low) : text[at];
    at += low >= 0 ? 3 : 1;
  }
  origins.push_back(text.size());
  return decoded;
}

std::string without_blanks(std::string_view text, Origins& origins) {
  std::string condensed;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (kBlanks.find(text[at]) != kBlanks.npos) continue;
    origins.push_back(at);
    condensed += text[at];
  }
  origins.push_back(text.size());
  return condensed;
}

Gram gram_at(std::string_view text, std::size_t at) {
  Gram gram;
  std::memcpy(&gram, text.data() + at, sizeof gram);
  return gram;
}

// How much of the secret's beginning the text ends with; 0: too little to tell.
std::size_t cut_secret(std::string_view text, std::string_view secret) {
  for (std::size_t size = std::min(text.size(), secret.size()); size >= OwnSecrets::kSecretMin; --size)
    if (text.ends_with(secret.substr(0, size))) return size;
  return 0;
}

bool is_base64(char c) { return text::is_alphanumeric(c) || c == '+' || c == '/' || c == '-' || c == '_'; }

}  // namespace

// What a relay that cuts or wraps a secret may quote of it.
class SecretPieces {
 public:
  // Shorter ones would be found in other texts too.
  explicit SecretPieces(const Secrets& secrets) {
    for (const std::string& secret : secrets) {
      add(secret);
      if (secret.find_first_of(kBlanks) != secret.npos) {  // as a text without blanks holds it
        Origins unused;
        add(without_blanks(secret, unused));
      }
    }
  }

  // Calls `found` with each place and size; those of one long piece overlap.
  template <typename Found>
  void find(std::string_view text, Found found) const {
    for (std::size_t at = 0; at + kPiece <= text.size(); ++at)
      if (grams_.contains(gram_at(text, at))) found(at, kPiece);
    for (const std::string& piece : short_)
      for (auto at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) found(at, piece.size());
  }

 private:
  // Three quarters of a secret, eight bytes at most.
  void add(const std::string& secret) {
    const std::size_t size = std::clamp(secret.size() * 3 / 4, OwnSecrets::kSecretMin, kPiece);
    for (std::size_t at = 0; at + size <= secret.size(); ++at)
      if (size == kPiece)
        grams_.insert(gram_at(secret, at));
      else
        short_.push_back(secret.substr(at, size));
  }

  std::unordered_set<Gram> grams_;
  std::vector<std::string> short_;
};

namespace {

// A text, plain or decoded, that is searched.
class Search {
 public:
  Search(std::string_view text, const Origins& origins, const Secrets& secrets, const SecretPieces& pieces, Mask& mask)
      : text_(text), origins_(origins), secrets_(secrets), pieces_(pieces), mask_(mask) {}

  void run() {
    for (const std::string& secret : secrets_) {
      for (auto at = text_.find(secret); at != std::string_view::npos; at = text_.find(secret, at + secret.size()))
        hide(at, secret.size());
      if (const std::size_t cut = cut_secret(text_, secret)) hide(text_.size() - cut, cut);
    }
    hide_pieces();
    each_base64([&](std::size_t at, std::string_view run) {
      if (holds_secret(run, at + run.size() == text_.size())) hide(at, run.size());
    });
  }

  // In a text whose blanks are left out, where a run of base64 may begin and end in other words.
  void run_wrapped() {
    hide_pieces();
    each_base64([&](std::size_t at, std::string_view run) {
      for (std::size_t skipped = 0; skipped < std::min(kCharactersOfByteGroup, run.size()); ++skipped)
        pieces_.find(text::decode_base64(run.substr(skipped)), [&](std::size_t byte, std::size_t size) {
          const std::size_t begin = skipped + byte * 4 / 3;
          hide(at + begin, std::min(skipped + ((byte + size) * 4 + 2) / 3, run.size()) - begin);
        });
    });
  }

 private:
  void hide_pieces() {
    pieces_.find(text_, [&](std::size_t at, std::size_t size) { hide(at, size); });
  }

  template <typename Found>
  void each_base64(Found found) const {
    for (std::size_t at = 0; at < text_.size();) {
      const auto end = std::find_if_not(text_.begin() + static_cast<std::ptrdiff_t>(at), text_.end(), is_base64);
      const auto size = static_cast<std::size_t>(end - text_.begin()) - at;
      if (size >= OwnSecrets::kSecretMin) found(at, text_.substr(at, size));
      at += size + 1;
    }
  }

  bool holds_secret(std::string_view run, bool may_be_cut) const {
    for (std::size_t skipped = 0; skipped < kCharactersOfByteGroup; ++skipped) {
      const std::string bytes = text::decode_base64(run.substr(std::min(skipped, run.size())));
      bool found = false;
      pieces_.find(bytes, [&](std::size_t, std::size_t) { found = true; });
      if (found) return true;
      for (const std::string& secret : secrets_)
        if (may_be_cut && cut_secret(bytes, secret) > 0) return true;
    }
    return false;
  }

  void hide(std::size_t at, std::size_t size) { mask_.hide(origins_[at], origins_[at + size]); }

  const std::string_view text_;
  const Origins& origins_;
  const Secrets& secrets_;
  const SecretPieces& pieces_;
  Mask& mask_;
};

}  // namespace

void OwnSecrets::add(const std::string& secret) {
  const std::lock_guard lock(mutex_);
  if (secret.size() < kSecretMin || std::ranges::find(secrets_, secret) != secrets_.end()) return;
  secrets_.push_back(secret);
  if (secrets_.size() > kRemembered) secrets_.pop_front();
  pieces_ = std::make_shared<const SecretPieces>(secrets_);
}

std::string OwnSecrets::masked(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  if (secrets_.empty()) return std::string(text);
  Mask mask(text.size());
  Origins origins(text.size() + 1);
  for (std::size_t i = 0; i < origins.size(); ++i) origins[i] = i;
  Search(text, origins, secrets_, *pieces_, mask).run();
  if (text.find_first_of(kBlanks) != std::string_view::npos) {
    origins.clear();
    const std::string condensed = without_blanks(text, origins);
    Search(condensed, origins, secrets_, *pieces_, mask).run_wrapped();
  }
  if (text.find('%') != std::string_view::npos) {
    origins.clear();
    const std::string decoded = percent_decoded(text, origins);
    Search(decoded, origins, secrets_, *pieces_, mask).run();
  }
  return mask.applied_to(text);
}

}  // namespace pawl::redaction
