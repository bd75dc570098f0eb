// What reaches a terminal of text that wants to steer it.
#include "bin/output/terminal_text.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

using namespace pawl::bin;

TEST_CASE("what a terminal acts upon becomes a space, and nothing else changes") {
  CHECK(terminal_text("a\x1b[31mb\r\x07\x7f") == "a [31mb   ");
  CHECK(terminal_text("a\u009b31mb\u0085") == "a 31mb ");                 // C1 in UTF-8
  CHECK(terminal_text("a\x9b") == "a\uFFFD");                             // and as a byte
  CHECK(terminal_text("\u202ea\u2066b\u200f\u061c\u2028") == " a b   ");  // direction, hidden line end
  CHECK(terminal_text("Gr\u00f6\u00dfe \u65e5\u672c\n\tx") == "Gr\u00f6\u00dfe \u65e5\u672c\n\tx");
  CHECK(terminal_line("a\nb\tc\u009b") == "a b c ");
}

TEST_CASE("of what shows nothing the escape is shown") {
  CHECK(terminal_text("pa\u200bss\u00ad\ufeff") == "pa\\u200bss\\u00ad\\ufeff");
  CHECK(terminal_text("\u3164\u115f\u034f\u2062\u180e\ufe0f") == "\\u3164\\u115f\\u034f\\u2062\\u180e\\ufe0f");
  CHECK(terminal_line("a\U000e0041\U000e01ef") == "a\\udb40\\udc41\\udb40\\uddef");  // a tag, a variation selector
  CHECK(terminal_text("\U0001f600\u0301\u2003") == "\U0001f600\u0301\u2003");
}

TEST_CASE("in JSON it becomes its escape, and the document stays the same") {
  const std::string document = nlohmann::json{{"a", "\u009b31m \u202e\x7f \u00fc\u200b\U000e0041"}}.dump();
  const std::string safe = terminal_json(document);
  CHECK(safe.find("\u009b") == std::string::npos);
  CHECK(safe.find("\u202e") == std::string::npos);
  CHECK(safe.find("\U000e0041") == std::string::npos);
  CHECK(nlohmann::json::parse(safe) == nlohmann::json::parse(document));
}

TEST_CASE("a stream through the filter cuts no character, however much is written at once") {
  std::string text;
  while (text.size() < 300'000) text += "\u00fc\u65e5 line\n\u009b";
  std::ostringstream target;
  {
    TerminalBuffer buffer(target);
    std::ostream out(&buffer);
    for (const char c : text) out << c;
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  }
  CHECK(target.str() == terminal_text(text + text));
}

TEST_CASE("a target that takes nothing makes the flush fail") {
  std::ofstream full("/dev/full");
  TerminalBuffer buffer(full);
  std::ostream out(&buffer);
  out << "x";
  CHECK_FALSE(out.flush());
}
