// The one filter between text from anywhere and a terminal that acts upon some of it.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>
#include <utility>

#include "bin/output/program_name.h"

namespace pawl::bin {

/// The text with a space in place of each character that a terminal acts upon: C0 but for line end and tab, DEL, C1,
/// and what turns the direction of writing or ends a line unseen. Of other characters that show nothing their escape is
/// shown, as \u200b. Bytes that are no UTF-8 become U+FFFD.
std::string terminal_text(std::string_view text);

/// The same as one line: line ends and tabs become spaces too.
std::string terminal_line(std::string_view text);

/// The same for a JSON document, in which such a character becomes its escape: nothing is lost.
std::string terminal_json(std::string_view document);

/// A stream's buffer that passes terminal_text() on to `target`, which it does not own, when it is flushed or has much;
/// commands that it quotes are called by the program's name.
class TerminalBuffer final : public std::streambuf {
 public:
  explicit TerminalBuffer(std::ostream& target, std::string program = kPawl)
      : target_(target), program_(std::move(program)) {}
  ~TerminalBuffer() override { sync(); }
  TerminalBuffer(const TerminalBuffer&) = delete;
  TerminalBuffer& operator=(const TerminalBuffer&) = delete;

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  void pass_on(std::size_t size);

  std::ostream& target_;
  const std::string program_;
  std::string pending_;
};

}  // namespace pawl::bin
