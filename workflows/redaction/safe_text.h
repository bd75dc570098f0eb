// The one way by which text from outside gets into what is stored, shown or mailed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace pawl::redaction {

/// Foreign text as one line of at most `max_characters`: plain (plain_text.h), redacted (redaction.h), cut with an
/// ellipsis. Of longer input only the first 8 KiB are looked at.
std::string safe_line(std::string_view raw, std::size_t max_characters);

/// The same, with its line ends kept.
std::string safe_lines(std::string_view raw, std::size_t max_characters);

/// `safe_lines` for whoever is given the same short texts again and again, as in an outage. Remembers some that are
/// safe as they are, and none that had to be changed: no secret is kept. One thread.
class SafeTexts {
 public:
  explicit SafeTexts(std::size_t max_characters) : max_characters_(max_characters) {}

  std::string lines(const std::string& raw);

 private:
  std::size_t max_characters_;
  std::unordered_set<std::string> safe_;
};

}  // namespace pawl::redaction
