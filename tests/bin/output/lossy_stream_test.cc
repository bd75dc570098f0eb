// A log that nobody reads, and then somebody does.
#include "bin/output/lossy_stream.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "bin/worker/log.h"

using namespace pawl::bin;

namespace {

int open_ends(int (&ends)[2]) {
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
  return ends[1];
}

struct Pipe {
  int ends[2] = {-1, -1};
  LossyBuffer buffer;
  std::ostream stream{&buffer};

  Pipe() : buffer(open_ends(ends), std::chrono::milliseconds{1}) {}
  ~Pipe() {
    for (const int end : ends) close(end);
  }
  /// Everything that is in the pipe now.
  std::string read_all() const {
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    std::string text(1 << 20, '\0');
    std::string all;
    for (ssize_t size = 0; (size = read(ends[0], text.data(), text.size())) > 0;)
      all.append(text.data(), static_cast<std::size_t>(size));
    return all;
  }
};

std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of('\n');
  const auto begin = text.find_last_of('\n', end);
  return text.substr(begin + 1, end - begin);
}

}  // namespace

TEST_CASE_METHOD(Pipe, "a stream that is read passes everything on") {
  stream << "one " << 2 << "\n" << std::flush;
  CHECK(stream.good());
  CHECK(read_all() == "one 2\n");
}

TEST_CASE_METHOD(Pipe, "a log that nobody reads waits for nobody, and says how much was lost once it is read again") {
  Log log(stream, {});
  for (int i = 0; i < 5000; ++i) log.line(LogLevel::kInfo, "a line like any other, of some length");
  CHECK(read_all().size() >= 32768);
  log.line(LogLevel::kInfo, "read again");
  const std::string after = read_all();
  CHECK(after.find("log lines were lost") != std::string::npos);
  CHECK(last_line(after).find("read again") != std::string::npos);
  log.line(LogLevel::kInfo, "and once only");
  CHECK(read_all().find("lost") == std::string::npos);
}

TEST_CASE_METHOD(Pipe, "a log goes on after its reader is gone") {
  std::signal(SIGPIPE, SIG_IGN);
  Log log(stream, {});
  close(ends[0]);
  for (int i = 0; i < 10; ++i) log.line(LogLevel::kInfo, "nobody is there");
  REQUIRE(pipe2(ends, O_CLOEXEC) == 0);  // the reading end at the same number; the writing end stays gone
  CHECK(stream.good());
}

TEST_CASE("a log on a full disk goes on when there is space") {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  LossyBuffer buffer(full);
  std::ostream stream(&buffer);
  Log log(stream, {});
  log.line(LogLevel::kInfo, "no space for this");
  Pipe pipe;
  dup2(pipe.ends[1], full);
  log.line(LogLevel::kInfo, "space again");
  const std::string text = pipe.read_all();
  CHECK(text.find("lost") != std::string::npos);
  CHECK(text.find("lines=1") != std::string::npos);
  CHECK(text.find("space again") != std::string::npos);
  close(full);
}
