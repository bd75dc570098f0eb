// Bounds, cleans, redacts, reads and shortens, in this order: each step relies on the one before.
#include "workflows/redaction/safe_text.h"

#include <algorithm>

#include "workflows/redaction/redaction.h"
#include "workflows/text/html_text.h"
#include "workflows/text/plain_text.h"

namespace pawl::redaction {

namespace {

constexpr std::size_t kInputMax = 8 * 1024;
constexpr std::size_t kWordMax = 1024;
constexpr std::size_t kRememberedMax = 256;  // bytes of a text, and texts

// A cut through a word may leave the first half of a secret that no scanner knows any more, so the word goes with it.
std::string_view bounded(std::string_view raw) {
  if (raw.size() <= kInputMax) return raw;
  raw = raw.substr(0, kInputMax);
  const auto blank = raw.find_last_of(" \t\r\n");
  const bool near = blank != std::string_view::npos && raw.size() - blank <= kWordMax;
  return raw.substr(0, near ? blank : raw.size() - kWordMax);
}

// Whatever was left out beyond the bound shows as an ellipsis too.
std::string shown(std::string_view raw, std::string text, std::size_t max_characters) {
  if (raw.size() > kInputMax) text += "\xE2\x80\xA6";
  return text::shortened(std::move(text), max_characters);
}

}  // namespace

// The words of a page are several lines.
std::string safe_line(std::string_view raw, std::size_t max_characters) {
  const std::string words = text::readable(redact(text::plain_line(bounded(raw))));
  return shown(raw, text::plain_line(words), max_characters);
}

std::string safe_lines(std::string_view raw, std::size_t max_characters) {
  return shown(raw, text::readable(redact(text::plain_lines(bounded(raw)))), max_characters);
}

std::string SafeTexts::lines(const std::string& raw) {
  if (safe_.contains(raw)) return raw;
  std::string safe = safe_lines(raw, max_characters_);
  if (safe == raw && raw.size() <= kRememberedMax) {
    if (safe_.size() == kRememberedMax) safe_.clear();
    safe_.insert(raw);
  }
  return safe;
}

}  // namespace pawl::redaction
