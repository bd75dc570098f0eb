// The secrets that pawl itself was given, and how they are kept out of what leaves the process.
#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <string_view>

namespace pawl::redaction {

/// Safe to call from any thread.
class OwnSecrets {
 public:
  /// Shorter ones cannot be told from other text, and are not masked.
  static constexpr std::size_t kSecretMin = 4;
  /// Of secrets that are replaced while the process runs, as access tokens are, the last so many are remembered.
  static constexpr std::size_t kRemembered = 64;

  void add(const std::string& secret);

  /// The text with `***` in place of each secret: as it is, percent-encoded, or within base64 of either alphabet,
  /// whatever stands around it there (a login's `\0user\0password` is one such form); and in place of the beginning of
  /// one at the end of a text that was cut. Takes time linear in the text.
  std::string masked(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> secrets_;
};

}  // namespace pawl::redaction
