// What others can get out of the process itself.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>
#include <string>

#include "tests/storage/postgres_fixture.h"

namespace {

constexpr uid_t kNobody = 65534;

std::string name_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

// The kernel gives what it tells of a process that leaves no core dump to root alone (proc(5)).
bool is_roots_alone(pid_t pid) {
  struct stat status {};
  return stat(("/proc/" + std::to_string(pid) + "/environ").c_str(), &status) == 0 && status.st_uid == 0;
}

}  // namespace

TEST_CASE("the process leaves no core dump and no memory to read") {
  int input[2];
  REQUIRE(pipe(input) == 0);
  const pid_t pid = fork();
  if (pid == 0) {
    dup2(input[0], STDIN_FILENO);
    close(input[1]);
    if (geteuid() == 0 && setuid(kNobody) != 0) _exit(1);
    execl(PAWL_BINARY, "pawl", "emit", "x", "--aggregate-id", "1", "--data", "-", nullptr);  // waits for its input
    _exit(1);
  }
  CHECK(pawl::tests::eventually([&] { return name_of(pid) == "pawl" && is_roots_alone(pid); }));
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  for (const int end : input) close(end);
}
