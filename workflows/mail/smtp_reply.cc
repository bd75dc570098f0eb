// Reads SMTP replies.
#include "workflows/mail/smtp_reply.h"

#include <algorithm>
#include <utility>

#include "workflows/mail/utf8.h"

namespace pawl::mail {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_with_code(std::string_view line) {
  return line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
}

int code_of(std::string_view line) { return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'); }

}  // namespace

std::string_view enhanced_status(const SmtpReply& reply) {
  const std::string_view text = reply.text;
  if (text.size() < 4) return {};
  const std::string_view word = text.substr(4, text.find(' ', 4) - 4);
  const bool well_formed = word.size() >= 5 && (word[0] == '2' || word[0] == '4' || word[0] == '5') && word[1] == '.' &&
                           std::ranges::count(word, '.') == 2 && is_digit(word.back()) &&
                           std::ranges::all_of(word, [](char c) { return is_digit(c) || c == '.'; });
  return well_formed ? word : std::string_view{};
}

SmtpReplyReader::Progress SmtpReplyReader::take(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > kReplyMax) return Progress::kTooLong;
  line_size_ += bytes.size();
  line_.append(bytes.substr(0, kTextMax - std::min(kTextMax, line_.size())));
  return bytes.ends_with('\n') ? end_line() : Progress::kIncomplete;
}

SmtpReplyReader::Progress SmtpReplyReader::end_line() {
  const std::string line = std::exchange(line_, {});
  const std::size_t line_size = std::exchange(line_size_, 0);
  if (!begins_with_code(line)) return Progress::kIncomplete;
  if (text_.empty()) {
    text_ = line;
    if (text_.size() > 3) text_[3] = ' ';
  } else if (text_.size() < kTextMax) {
    text_ += " " + line.substr(std::min<std::size_t>(4, line.size()));
  }
  const bool last = line_size == 5 || (line_size > 5 && line[3] == ' ');
  if (!last) return Progress::kIncomplete;
  reply_ = {code_of(line), one_line(secrets_ ? secrets_->masked(text_) : text_, kTextMax)};
  text_.clear();
  size_ = 0;
  return Progress::kComplete;
}

}  // namespace pawl::mail
