// The log's file, and what becomes of it when it is moved away.
#include "bin/worker/log_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/authoring/errors.h"
#include "tests/temporary_directory.h"

using namespace pawl::bin;

namespace {

struct LogFileFixture {
  pawl::tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/pawl.log";

  static std::string text(const std::string& of) {
    std::ifstream file(of);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

}  // namespace

TEST_CASE_METHOD(LogFileFixture, "a log file is appended to") {
  std::ofstream(path) << "before\n";
  LogFile(path).stream() << "after\n" << std::flush;
  CHECK(text(path) == "before\nafter\n");
}

TEST_CASE_METHOD(LogFileFixture, "lines go to the moved log file until it is opened anew, then to a new one") {
  LogFile file(path);
  file.stream() << "one\n" << std::flush;
  std::filesystem::rename(path, path + ".1");
  file.stream() << "two\n" << std::flush;
  file.reopen();
  file.stream() << "three\n" << std::flush;
  CHECK(text(path + ".1") == "one\ntwo\n");
  CHECK(text(path) == "three\n");
}

TEST_CASE_METHOD(LogFileFixture, "a log file that cannot be opened is named, and the one before goes on") {
  CHECK_THROWS_WITH(LogFile(directory.path()), Catch::Contains(directory.path() + ": it is a directory"));
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THROWS_WITH(LogFile(fifo), Catch::Contains(fifo + ": it is no regular file"));
  CHECK_THROWS_WITH(LogFile("/dev/full"), Catch::Contains("/dev/full: it is no regular file"));
  const std::string folder = directory.path() + "/folder";
  std::filesystem::create_directory(folder);
  LogFile file(folder + "/pawl.log");
  std::filesystem::rename(folder, directory.path() + "/moved");
  CHECK_THROWS_AS(file.reopen(), pawl::engine::RefusedError);
  file.stream() << "still here\n" << std::flush;
  CHECK(text(directory.path() + "/moved/pawl.log") == "still here\n");
}
