// Starts and reaps the child.
#include "tests/bin/worker/worker_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace pawl::bin {

namespace {

constexpr int kDeadlineMilliseconds = 60'000;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Who does what: docs/operating.md. Empty: whoever owns the database.
std::string role_for(const std::string& verb) {
  static const std::map<std::string, std::string> kRoles{
      {"worker", "pawl_worker"}, {"prune", "pawl_worker"}, {"emit", "pawl_producer"}, {"migrate", ""}};
  const auto found = kRoles.find(verb);
  return found == kRoles.end() ? "pawl_operator" : found->second;
}

std::string with_login_for(const std::string& verb, std::string conninfo) {
  static const std::string kWorkers = " user=test_pawl_worker";
  const std::string role = role_for(verb);
  if (const auto at = conninfo.find(kWorkers); at != std::string::npos)
    conninfo.replace(at, kWorkers.size(), role.empty() ? "" : " user=test_" + role);
  return conninfo;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Environment environment_for(const std::string& verb, Environment environment) {
  if (const auto postgres = environment.find("PAWL_POSTGRES"); postgres != environment.end())
    postgres->second = with_login_for(verb, postgres->second);
  return environment;
}

PawlProcess::PawlProcess(const std::vector<std::string>& arguments, const Environment& environment,
                         const std::string& input) {
  const std::string in = directory_.path() + "/in";
  std::ofstream(in) << input;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, (directory_.path() + "/out").c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, (directory_.path() + "/err").c_str(), kWrite, 0600);
  std::vector<std::string> words{PAWL_BINARY};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> settings =
      variables(arguments.empty() ? environment : environment_for(arguments.front(), environment));
  const int failed =
      posix_spawnp(&pid_, words.front().c_str(), &actions, nullptr, pointers(words).data(), pointers(settings).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed) throw std::runtime_error("cannot start " + words.front());
}

PawlProcess::~PawlProcess() {
  if (reaped_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::vector<std::string> PawlProcess::variables(const Environment& environment) const {
  std::vector<std::string> all;
  for (char** variable = environ; *variable; ++variable) {
    const std::string text = *variable;
    // A developer's own settings have no part in a test.
    if (!text.starts_with("PAWL_") && !environment.contains(text.substr(0, text.find('=')))) all.push_back(text);
  }
  for (const auto& [name, value] : environment) all.push_back(name + "=" + value);
  return all;
}

void PawlProcess::signal(int number) const { kill(pid_, number); }

void PawlProcess::take_status(int status) {
  reaped_ = true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool PawlProcess::ended() {
  int status = 0;
  if (!reaped_ && waitpid(pid_, &status, WNOHANG) == pid_) take_status(status);
  return reaped_;
}

int PawlProcess::wait() {
  if (reaped_) return code_;
  const int watched = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd gone{watched, POLLIN, 0};
  const bool in_time = poll(&gone, 1, kDeadlineMilliseconds) == 1;
  close(watched);
  if (!in_time) throw std::runtime_error("pawl still runs after a minute; it wrote:\n" + err());
  int status = 0;
  waitpid(pid_, &status, 0);
  take_status(status);
  return code_;
}

std::string PawlProcess::out() const { return text_of(directory_.path() + "/out"); }
std::string PawlProcess::err() const { return text_of(directory_.path() + "/err"); }

Completed run_pawl(const std::vector<std::string>& arguments, const Environment& environment,
                   const std::string& input) {
  PawlProcess process(arguments, environment, input);
  const int code = process.wait();
  return {code, process.out(), process.err()};
}

std::string status_page(const std::string& socket_path, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    const std::string request = "GET " + path + " HTTP/1.0\r\n\r\n";
    if (write(connection, request.data(), request.size()) > 0)
      for (char byte = 0; read(connection, &byte, 1) == 1;) answer += byte;
  }
  close(connection);
  return answer;
}

}  // namespace pawl::bin
