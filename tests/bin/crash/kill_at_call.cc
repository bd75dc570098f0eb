// Preloaded into a worker: kills it at the Nth call of a kind, whichever thread makes it.
//
// PAWL_KILL_AT is KIND:WHEN:N. KIND: sync (fsync, fdatasync), write (pwrite: what SQLite writes with), send (to
// sockets, those of Postgres and of the mail relay). WHEN: before the call, after it, or torn: half of the bytes, then
// the end. PAWL_KILL_COUNT names a file that gets the number of calls when the process exits by itself.
#include <dlfcn.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

struct Order {
  std::string kind, when;
  long number = 0;

  Order() {
    const char* text = std::getenv("PAWL_KILL_AT");
    if (!text) return;
    const char* const first = std::strchr(text, ':');
    const char* const second = std::strchr(first + 1, ':');
    kind.assign(text, first);
    when.assign(first + 1, second);
    number = std::atol(second + 1);
  }
};

const Order& order() {
  static const auto* const given = new Order;  // the last calls come while statics are destroyed
  return *given;
}

std::atomic<long> calls{0};

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// `call` makes the call with so many of its bytes.
template <class Call>
auto counted(const char* kind, std::size_t size, Call call) {
  const bool here = order().kind == kind && ++calls == order().number;
  if (here && order().when == "before") std::raise(SIGKILL);
  const auto result = call(here && order().when == "torn" ? size / 2 : size);
  if (here) std::raise(SIGKILL);
  return result;
}

struct Report {
  ~Report() {
    const char* path = std::getenv("PAWL_KILL_COUNT");
    std::FILE* file = path ? std::fopen(path, "w") : nullptr;
    if (!file) return;
    std::fprintf(file, "%ld\n", calls.load());
    std::fclose(file);
  }
} report;

}  // namespace

extern "C" {

int fsync(int file) {
  static auto* const real = next<int(int)>("fsync");
  return counted("sync", 0, [&](std::size_t) { return real(file); });
}

int fdatasync(int file) {
  static auto* const real = next<int(int)>("fdatasync");
  return counted("sync", 0, [&](std::size_t) { return real(file); });
}

ssize_t pwrite64(int file, const void* bytes, std::size_t size, off64_t offset) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  return counted("write", size, [&](std::size_t part) { return real(file, bytes, part, offset); });
}

ssize_t pwrite(int file, const void* bytes, std::size_t size, off_t offset) {
  return pwrite64(file, bytes, size, offset);
}

ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
  static auto* const real = next<ssize_t(int, const void*, std::size_t, int)>("send");
  return counted("send", size, [&](std::size_t part) { return real(socket, bytes, part, flags); });
}

}  // extern "C"
