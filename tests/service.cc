// Starts the script with pipes for its input and output.
#include "tests/service.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace pawl::tests {

namespace {

constexpr int kAnswerMilliseconds = 120'000;  // a deadline for a broken script, not a measure of a working one

struct Pipe {
  int ends[2];
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  }
};

}  // namespace

Service::Service(const std::string& script, const std::vector<std::string>& arguments) : script_(script) {
  std::string path = PAWL_TESTS_DIR "/";
  path += script;
  std::vector<std::string> words{"/usr/bin/python3", path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const Pipe input, output;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(input.ends[0]);
  close(output.ends[1]);
  to_ = input.ends[1];
  from_ = output.ends[0];
  if (failed) throw std::runtime_error("cannot start " + script_);
}

Service::~Service() {
  close(to_);
  waitpid(pid_, nullptr, 0);
  close(from_);
}

std::string Service::read_line() {
  std::string line;
  for (char c = 0; c != '\n'; line += c) {
    pollfd ready{from_, POLLIN, 0};
    if (poll(&ready, 1, kAnswerMilliseconds) != 1 || read(from_, &c, 1) != 1)
      throw std::runtime_error(script_ + " gives no answer; is what it imports installed? See bin/install-packages");
  }
  line.pop_back();
  return line;
}

std::string Service::ask(const std::string& line) {
  const std::string text = line + "\n";
  if (write(to_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error(script_ + " is gone");
  return read_line();
}

void Service::tell(const std::string& line) {
  const std::string answer = ask(line);
  if (answer != "ok") throw std::runtime_error(script_ + ", " + line + ": " + answer);
}

int free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool found = bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  close(probe);
  if (!found) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace pawl::tests
