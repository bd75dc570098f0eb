// The command line tools that take a secret where its option or place does not say so.
#pragma once

#include <span>
#include <string_view>

namespace pawl::redaction {

/// Lists are divided by blanks.
struct CommandLineTool {
  std::string_view names;  ///< Without path and `.exe`.
  /// One of these words is among the arguments, and what is sought stands behind it. `x*` is any word that begins with
  /// x. Empty: nothing is needed.
  std::string_view verbs;
  /// Whose value is the secret: `-p` stands for `-p x`, `-px`, `-p=x` and `-p:x`, `-p*` for `-px` alone, and a longer
  /// `-pw` for all but `-pwx`.
  std::string_view options = {};
  /// Which word behind the tool or its verb is the secret, options not counted. 0: none is.
  std::size_t place = 0;
};

/// Every tool of one name. Options that name a secret (`--password`) are not in it: named_secrets.h finds those.
std::span<const CommandLineTool> command_line_tools();

}  // namespace pawl::redaction
