// Goes through a text character by character and keeps what a person may safely be shown.
#include "workflows/text/plain_text.h"

#include <algorithm>

#include "workflows/text/combining_mark.h"
#include "workflows/text/invisible.h"
#include "workflows/text/utf8.h"

namespace pawl::text {

namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";
constexpr std::size_t kQuotedMax = 60;

bool ends_line(char32_t code) {
  return code == '\n' || code == '\v' || code == '\f' || code == '\r' || code == 0x85 || code == 0x2028 ||
         code == 0x2029;
}

bool is_blank(char32_t code) { return code == ' ' || code == '\t' || code == 0xA0; }

bool is_control(char32_t code) { return code < 0x20 || (code >= 0x7F && code <= 0x9F); }

// Characters that change how the text around them reads or that hide in it.
bool deceives(char32_t code) { return is_invisible(code) && !shapes_its_neighbours(code); }

// Marks are drawn over or under the character before them. A language puts up to three on one; a hundred are drawn over
// the lines around.
constexpr int kMarksMax = 4;
constexpr std::size_t kIndentMax = 40;
constexpr std::size_t kTabWidth = 4;

// Collects characters; white space is held back until something printable follows it, so that none trails.
class PlainText {
 public:
  explicit PlainText(bool keeps_lines) : keeps_lines_(keeps_lines) {}

  void add(char32_t code) {
    if (ends_line(code)) return hold_line_end();
    if (is_blank(code)) return hold_blank(code == '\t' ? kTabWidth : 1);
    if (is_control(code) || deceives(code)) return;
    marks_ = is_combining_mark(code) ? marks_ + 1 : 0;
    if (marks_ > kMarksMax) return;
    put_held();
    text::append_code_point(text_, code);
  }

  std::string take() { return std::move(text_); }

 private:
  void put_held() {
    if (!text_.empty()) text_ += held_;
    held_.clear();
  }
  void hold_line_end() {
    if (!keeps_lines_) return hold_blank(1);
    const auto lines = std::count(held_.begin(), held_.end(), '\n');
    held_.assign(static_cast<std::size_t>(std::min<std::ptrdiff_t>(lines + 1, 2)), '\n');  // one empty line at most
  }
  // Within a line one is as good as many; at its beginning they are its indentation.
  void hold_blank(std::size_t width) {
    const bool begins_line = held_.starts_with('\n');
    if (begins_line && held_.size() < kIndentMax)
      held_.append(width, ' ');
    else if (held_.empty())
      held_ = " ";
  }

  bool keeps_lines_;
  int marks_ = 0;  ///< That follow one another at the end.
  std::string text_;
  std::string held_;
};

std::string plain(std::string_view bytes, bool keeps_lines) {
  if (is_plain_line(bytes)) return std::string(bytes);
  PlainText text(keeps_lines);
  bool after_carriage_return = false;
  while (!bytes.empty()) {
    const char32_t code = text::take_code_point(bytes);
    if (!(after_carriage_return && code == '\n')) text.add(code);
    after_carriage_return = code == '\r';
  }
  return text.take();
}

}  // namespace

std::string plain_line(std::string_view bytes) { return plain(bytes, false); }

std::string plain_lines(std::string_view bytes) { return plain(bytes, true); }

std::string shortened(std::string text, std::size_t max_characters) {
  if (text.size() <= max_characters) return text;  // a character has a byte at least
  std::string_view rest = text;
  std::size_t cut = 0;  // where the last character that leaves room for the ellipsis ends
  for (std::size_t characters = 1; !rest.empty(); ++characters) {
    if (characters > max_characters) {
      text.resize(cut);
      return text += kEllipsis;
    }
    text::take_code_point(rest);
    if (characters < max_characters) cut = text.size() - rest.size();
  }
  return text;
}

std::string in_quotes(std::string_view value) {
  std::string text = "\"";
  text += shortened(plain_line(value.substr(0, 8 * kQuotedMax)), kQuotedMax);
  return text += '"';
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

}  // namespace pawl::text
