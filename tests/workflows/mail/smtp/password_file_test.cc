// What may be given as a password file, and what is said of the rest.
#include "workflows/mail/smtp/identity/password_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/temporary_directory.h"

using namespace pawl::mail;

namespace {

struct Place {
  pawl::tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/password";

  std::string file(const std::string& text) const {
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
};

}  // namespace

TEST_CASE_METHOD(Place, "the password is the first line, however it begins and ends") {
  for (const char* text : {"hunter2", "hunter2\n", "hunter2\r\n", "hunter2\nsecond\n", "\xEF\xBB\xBFhunter2\r\n"})
    CHECK(read_password(file(text)) == "hunter2");
  CHECK(read_password(file("hunter2\n" + std::string(1'000'000, 'x'))) == "hunter2");
}

TEST_CASE_METHOD(Place, "what cannot be a password file has an answer of its own that quotes none of it") {
  const auto why = [](const std::string& path) -> std::string {
    try {
      return read_password(path);
    } catch (const std::runtime_error& error) {
      CHECK_THAT(error.what(), Catch::Contains(path) && !Catch::Contains("hunter2"));
      return error.what();
    }
  };
  CHECK_THAT(why(path), Catch::Contains("No such file"));
  CHECK_THAT(why(file("\nhunter2\n")), Catch::Contains("first line is empty"));
  CHECK_THAT(why(file(std::string("hunter2\0x", 9))), Catch::Contains("NUL"));
  CHECK_THAT(why(file(std::string(100'000, 'x'))), Catch::Contains("longer than 64 KiB"));
  CHECK_THAT(why(directory.path()), Catch::Contains("is a directory"));
  CHECK_THAT(why("/dev/zero"), Catch::Contains("no regular file"));
  const std::string fifo = directory.path() + "/fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK_THAT(why(fifo), Catch::Contains("no regular file"));
}

TEST_CASE_METHOD(Place, "a password that every user can read is worth a warning") {
  file("hunter2");
  chmod(path.c_str(), 0644);
  REQUIRE(password_file_warning(path));
  CHECK_THAT(*password_file_warning(path), Catch::Contains("chmod o-r " + path));
  chmod(path.c_str(), 0640);
  CHECK_FALSE(password_file_warning(path));
}
