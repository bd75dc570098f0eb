// Fuzzes the reading of error pages: what a reader of the page would see, and never more than there was.
#include "workflows/text/html_text.h"

#include "tests/fuzz/target.h"
#include "workflows/depositlink/content/html_page.h"
#include "workflows/text/plain_text.h"
#include "workflows/text/utf8.h"

using namespace pawl;
using namespace pawl::text;
using namespace pawl::depositlink;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string raw = fuzz::Input(bytes, size).rest();
  readable(raw);
  const std::string text = valid_utf8(raw);
  const std::string read = readable("<!doctype html>" + text);
  fuzz::require(valid_utf8(read) == read, "what is read of a page is valid UTF-8");
  fuzz::require(read.size() <= text.size() + std::string_view("<!doctype html>").size(), "no more than there was");

  const std::string line = plain_line(raw);
  const std::string escaped = html_escaped(line);
  fuzz::require(escaped.find_first_of("<>\"'") == std::string::npos, "escaped text is no markup");
  if (!line.empty())
    fuzz::require(readable("<html><body><p>" + escaped + "</p><script>" + escaped + "</script></body></html>") == line,
                  "escaped text is read as itself, once");
  return 0;
}
