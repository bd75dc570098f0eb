// Cuts what the relay says into replies.
#include "workflows/mail/smtp/channel.h"

#include <algorithm>

namespace pawl::mail {

SmtpChannel::SmtpChannel(const SmtpOptions& options, const SmtpPatience& patience)
    : relay_("mail relay " + options.url + ": "),
      socket_(relay_, options.host, options.port, patience),
      replies_(options.secrets.get()) {}

SmtpReply SmtpChannel::hear(const SmtpPatience& patience, std::vector<std::string>* lines) {
  while (!take_reply(lines)) {
    if (receive()) continue;
    if (socket_.await_bytes(patience)) continue;
    const std::string other = replies_.other_words();
    fail(other.empty() ? "no answer in time" : "no answer in time that is SMTP; it said: " + other);
  }
  return replies_.reply();
}

// Whether a reply is complete; takes nothing that comes after it.
bool SmtpChannel::take_reply(std::vector<std::string>* lines) {
  while (!unread_.empty()) {
    const std::string_view line = unread_.substr(0, std::min(unread_.find('\n'), unread_.size() - 1) + 1);
    unread_.remove_prefix(line.size());
    if (lines) {
      if (lines->empty() || lines->back().ends_with('\n')) lines->emplace_back();
      lines->back() += line;
    }
    const auto progress = replies_.take(line);
    if (progress == SmtpReplyReader::Progress::kTooLong) fail("a reply has no end");
    if (progress == SmtpReplyReader::Progress::kComplete) return true;
  }
  return false;
}

// Whether there was something to read, without waiting: TLS may hold what the socket does not show.
bool SmtpChannel::receive() {
  unread_ = {buffer_.data(), socket_.receive(buffer_)};
  return !unread_.empty();
}

bool SmtpChannel::quiet() try { return unread_.empty() && !receive(); } catch (const SmtpChannelError&) {
  return false;
}

// The relay may be gone, or take nothing: either way the connection ends.
void SmtpChannel::quit() try {
  socket_.send("QUIT\r\n", std::chrono::seconds{0}, [] { return false; });
} catch (const SmtpChannelError&) {
}

}  // namespace pawl::mail
