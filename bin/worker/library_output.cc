// Puts a stream of its own in the place of stderr, which glibc allows.
#include "bin/worker/library_output.h"

#include <sys/types.h>

#include <algorithm>
#include <utility>

namespace pawl::bin {

namespace {
constexpr std::size_t kRememberedMax = 64;
}

LibraryOutput::LibraryOutput(Log& log) : log_(log), before_(stderr) {
  std::FILE* const taking = fopencookie(this, "w", {.read = nullptr, .write = take, .seek = nullptr, .close = nullptr});
  if (!taking) return;                  // then their words stay raw
  setvbuf(taking, nullptr, _IONBF, 0);  // one call of fprintf is one text
  stderr = taking;
}

LibraryOutput::~LibraryOutput() {
  if (stderr != before_) std::fclose(std::exchange(stderr, before_));
}

// Called with the stream locked, so by one thread at a time.
ssize_t LibraryOutput::take(void* self, const char* text, std::size_t size) {
  auto& output = *static_cast<LibraryOutput*>(self);
  std::string line(text, size);
  line.erase(line.find_last_not_of("\n ") + 1);
  std::ranges::replace(line, '\n', ' ');
  if (!line.empty() && std::ranges::find(output.reported_, line) == output.reported_.end()) {
    if (output.reported_.size() < kRememberedMax) output.reported_.push_back(line);
    output.log_.line(LogLevel::kWarn, "a library reports", {{"text", line}});
  }
  return static_cast<ssize_t>(size);
}

}  // namespace pawl::bin
