// Polls before each write, of no more than a pipe takes at once.
#include "bin/output/lossy_stream.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace pawl::bin {

LossyBuffer::int_type LossyBuffer::overflow(int_type character) {
  if (character != traits_type::eof()) pending_ += traits_type::to_char_type(character);
  return traits_type::not_eof(character);
}

std::streamsize LossyBuffer::xsputn(const char* text, std::streamsize size) {
  pending_.append(text, static_cast<std::size_t>(size));
  return size;
}

int LossyBuffer::sync() {
  if (pending_.empty()) return 0;
  const std::string text = (in_line_ ? "\n" : "") + std::exchange(pending_, {});
  in_line_ = false;
  return write_out(text) ? 0 : -1;
}

bool LossyBuffer::takes_more() {
  pollfd ready{.fd = descriptor_, .events = POLLOUT, .revents = 0};
  int result = 0;
  do result = poll(&ready, 1, stuck_ ? 0 : static_cast<int>(patience_.count()));
  while (result < 0 && errno == EINTR);
  stuck_ = result == 0;
  return result > 0;
}

bool LossyBuffer::write_out(std::string_view text) {
  const std::size_t size = text.size();
  while (!text.empty()) {
    if (!takes_more()) break;
    const ssize_t written = write(descriptor_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) break;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  in_line_ = !text.empty() && text.size() < size;
  return text.empty();
}

}  // namespace pawl::bin
