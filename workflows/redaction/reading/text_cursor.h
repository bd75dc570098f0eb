// Follows the quotes, brackets and words of a folded text to their ends.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "workflows/redaction/reading/folded_text.h"

namespace pawl::redaction {

/// Positions are bytes of the folded text; beyond its end and before its begin stands a line end. Refers to the text.
/// One cursor is kept for a text: it remembers what it looked for far ahead, so that the time all its calls take grows
/// with the text's size and not with its square. For one thread.
class TextCursor {
 public:
  static constexpr std::string_view kBlanks = " \n";
  static constexpr std::string_view kQuotes = "\"'`";
  /// What ends an unquoted value: little, since a password may hold brackets.
  static constexpr std::string_view kValueEnds = " \n\"'`&;,<|";
  /// How far a name, its tag's end and its pair's value stand apart.
  static constexpr std::size_t kNear = 200;
  /// Deeper than anything was escaped.
  static constexpr std::size_t kAnyDepth = 9;

  explicit TextCursor(const FoldedText& folded) : folded_(folded), text_(folded.text) {}

  std::string_view text() const { return text_; }
  std::string_view slice(Range range) const { return text_.substr(range.begin, range.end - range.begin); }
  /// What follows `from`, kNear bytes at most.
  std::string_view near(std::size_t from) const;
  char at(std::size_t where) const { return where < text_.size() ? text_[where] : '\n'; }
  char before(std::size_t where) const { return where > 0 ? text_[where - 1] : '\n'; }
  bool stands(std::string_view piece, std::size_t at) const;
  /// The first position at or after `at` that holds none of `set`.
  std::size_t skip(std::string_view set, std::size_t at) const;
  std::size_t or_end(std::size_t found) const { return found == std::string_view::npos ? text_.size() : found; }
  std::size_t depth(std::size_t where) const { return folded_.depth[std::min(where, text_.size() - 1)]; }
  static bool is_quote(char c) { return kQuotes.find(c) != std::string_view::npos; }

  /// The content of the quotes that open at `open`: those inside are escaped once more than the outer ones, or doubled.
  Range quoted(std::size_t open) const;
  /// Behind the bracket that closes the one at `open`, or the text's end.
  std::size_t closing_bracket(std::size_t open) const;
  /// What was escaped more often than `depth` ends no value.
  std::size_t end_of_word(std::size_t start, std::size_t depth) const;
  /// Where `]]>` ends the CDATA that begins at `start`.
  std::size_t end_of_cdata(std::size_t start) const;
  /// Where a line begins with a name, `user:`, behind the lines from `begin` on, which do not.
  std::size_t end_of_block(std::size_t begin) const;
  /// The content of quotes, or brackets with theirs, if some open at `start`.
  std::optional<Range> enclosed_at(std::size_t start) const;
  /// Behind a type before a quoted value: `string(17) "x"`, `SecretStr('x')`, `Some("x")`, `b'x'`.
  std::size_t after_type(std::size_t start) const;

 private:
  bool is_scheme(Range brackets) const;
  void match_brackets() const;

  const FoldedText& folded_;
  std::string_view text_;
  // What was found last: where it was looked for, and where it is.
  mutable std::array<Range, kAnyDepth + 1> word_ends_{};
  mutable Range cdata_end_;
  mutable Range block_end_;
  mutable std::optional<std::vector<Range>> brackets_;  ///< In the order they open.
};

}  // namespace pawl::redaction
