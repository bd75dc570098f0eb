// Reads SMTP replies.
#include "workflows/mail/smtp/replies/reply.h"

#include <algorithm>
#include <utility>

#include "workflows/text/ascii.h"
#include "workflows/text/utf8.h"

namespace pawl::mail {
namespace {

using text::is_digit;
using text::is_letter;

constexpr std::size_t kOtherMax = 80;

bool begins_with_code(std::string_view line) {
  return line.size() >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]);
}

int code_of(std::string_view line) { return (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0'); }

// The status that `text` begins with, whatever mark comes after it.
std::string_view status_at(std::string_view text) {
  std::string_view word = text.substr(0, std::min(text.find_first_not_of("0123456789."), text.size()));
  if (word.size() < text.size() && is_letter(text[word.size()])) return {};
  if (word.ends_with('.')) word.remove_suffix(1);
  const bool well_formed = word.size() >= 5 && (word[0] == '2' || word[0] == '4' || word[0] == '5') && word[1] == '.' &&
                           std::ranges::count(word, '.') == 2 && is_digit(word.back()) &&
                           word.find("..") == std::string_view::npos;
  return well_formed ? word : std::string_view{};
}

// `text` begins with the reply's code.
std::string_view status_in(std::string_view text) {
  if (text.size() < 4) return {};
  std::string_view words = text.substr(4);
  words.remove_prefix(std::min(words.find_first_not_of("#(["), words.size()));
  std::string_view status = status_at(words);
  for (std::size_t mark = text.find('#'); status.empty() && mark != std::string_view::npos;
       mark = text.find('#', mark + 1))
    status = status_at(text.substr(mark + 1));
  return status;
}

// What a further line adds to `text`: not the status once more, which would stand between its words.
std::string_view addition(std::string_view text, std::string_view line) {
  line.remove_prefix(std::min<std::size_t>(4, line.size()));
  const std::string_view status = status_in(text);
  if (status.empty() || status_at(line) != status) return line;
  line.remove_prefix(status.size());
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return line;
}

}  // namespace

std::string_view enhanced_status(const SmtpReply& reply) { return status_in(reply.text); }

std::string failure_code(std::string_view reply) {
  if (!begins_with_code(reply)) return {};
  const std::string_view status = status_in(reply);
  return std::string(status.empty() ? reply.substr(0, 3) : status);
}

SmtpReplyReader::Progress SmtpReplyReader::take(std::string_view bytes) {
  size_ += bytes.size();
  if (size_ > kReplyMax) return Progress::kTooLong;
  line_.append(bytes.substr(0, kTextMax - std::min(kTextMax, line_.size())));
  return bytes.ends_with('\n') ? end_line() : Progress::kIncomplete;
}

SmtpReplyReader::Progress SmtpReplyReader::end_line() {
  std::string line = std::exchange(line_, {});
  while (line.ends_with('\n') || line.ends_with('\r')) line.pop_back();
  if (!begins_with_code(line)) {
    if (other_.empty()) other_ = line;
    return Progress::kIncomplete;
  }
  if (text_.empty()) {
    text_ = line;
    if (text_.size() > 3) text_[3] = ' ';
  } else if (text_.size() < kTextMax) {
    text_.append(" ").append(addition(text_, line));
  }
  const bool last = line.size() == 3 || line[3] == ' ' || line[3] == '\t';
  if (!last) return Progress::kIncomplete;
  text_.replace(0, 3, line, 0, 3);  // the code that counts, should the lines disagree
  reply_ = {code_of(line), text::one_line(secrets_ ? secrets_->masked(text_) : text_, kTextMax)};
  text_.clear();
  other_.clear();
  size_ = 0;
  return Progress::kComplete;
}

std::string SmtpReplyReader::other_words() const {
  const std::string& words = other_.empty() && text_.empty() ? line_ : other_;
  return text::one_line(secrets_ ? secrets_->masked(words) : words, kOtherMax);
}

}  // namespace pawl::mail
