// A text as a search for secrets reads it: escapes undone, look-alike characters made one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pawl::redaction {

/// A range of a text, in bytes.
struct Range {
  std::size_t begin = 0;
  std::size_t end = 0;
};

/// `text` holds the folded characters. Undone are percent and `\u` escapes, HTML entities and backslashes before
/// quotes, also where they are escaped several times over. Letters lose their accents, Cyrillic and Greek look-alikes
/// and full-width forms become ASCII, invisible characters and terminal colours are left out.
struct FoldedText {
  std::string text;
  std::vector<std::uint8_t> depth;    ///< A byte of `text` each: how many times it was escaped.
  std::vector<std::uint32_t> source;  ///< A byte of `text` each, and one more: where it stands in the original.

  /// The bytes of the original that a range of `text` stands for.
  Range original(Range range) const { return {source[range.begin], source[range.end]}; }
};

/// Takes less than 4 GiB. Never fails; what is no escape is kept as it is. Linear.
FoldedText fold(std::string_view original);

}  // namespace pawl::redaction
