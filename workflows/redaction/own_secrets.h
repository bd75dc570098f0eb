// The secrets that pawl itself was given, and how they are kept out of what leaves the process.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace pawl::redaction {

class SecretPieces;

/// Safe to call from any thread.
class OwnSecrets {
 public:
  /// Shorter ones cannot be told from other text, and are not masked.
  static constexpr std::size_t kSecretMin = 4;
  /// Of secrets that are replaced while the process runs, as access tokens are, the last so many are remembered.
  static constexpr std::size_t kRemembered = 64;

  void add(const std::string& secret);

  /// The text with `***` in place of each secret: as it is, percent-encoded, or within base64 of either alphabet,
  /// whatever stands around it there (a login's `\0user\0password` is one such form), and wherever blanks and ends of
  /// lines part it; in place of any eight bytes of one (of a shorter one, three quarters), as a relay quotes that cuts
  /// it; and of its beginning at the end of a text. Takes time linear in the text.
  std::string masked(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> secrets_;
  std::shared_ptr<const SecretPieces> pieces_;  // of all of them
};

}  // namespace pawl::redaction
