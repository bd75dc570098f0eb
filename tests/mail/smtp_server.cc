// Runs smtp_server.py as a child process.
#include "tests/mail/smtp_server.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace pawl::mail {
namespace {

namespace fs = std::filesystem;

constexpr int kAnswerMilliseconds = 60'000;  // A deadline for a broken server, not a measure of a working one.

struct Pipe {
  int ends[2];
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe to the SMTP server");
  }
};

fs::path make_folder() {
  std::string pattern = (fs::temp_directory_path() / "pawl-smtp-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a folder for the SMTP server");
  return pattern;
}

}  // namespace

SmtpServer::SmtpServer(const std::vector<std::string>& options) : folder_(make_folder()) {
  const auto tls = std::ranges::find(options, "--tls");
  if (tls != options.end()) tls_ = *std::next(tls);
  start(options);
  port_ = std::stoi(read_line());
}

SmtpServer::~SmtpServer() {
  close(to_server_);
  waitpid(pid_, nullptr, 0);
  close(from_server_);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void SmtpServer::start(const std::vector<std::string>& options) {
  std::vector<std::string> arguments{"/usr/bin/python3", PAWL_SMTP_SERVER_SCRIPT, folder_.string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  const Pipe input;
  const Pipe output;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.ends[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.ends[1], STDOUT_FILENO);
  const int failed = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(input.ends[0]);
  close(output.ends[1]);
  to_server_ = input.ends[1];
  from_server_ = output.ends[0];
  if (failed) throw std::runtime_error("cannot start /usr/bin/python3 for the SMTP server");
}

std::string SmtpServer::read_line() {
  std::string line;
  for (char c = 0; c != '\n'; line += c) {
    pollfd ready{from_server_, POLLIN, 0};
    if (poll(&ready, 1, kAnswerMilliseconds) != 1 || read(from_server_, &c, 1) != 1)
      throw std::runtime_error("the SMTP server gives no answer; is python3-aiosmtpd installed?");
  }
  line.pop_back();
  return line;
}

void SmtpServer::tell(const std::string& rule) {
  const std::string line = rule + "\n";
  if (write(to_server_, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || read_line() != "ok")
    throw std::runtime_error("the SMTP server does not take the rule " + rule);
}

std::string SmtpServer::url(const std::string& user) const {
  const std::string login = user.empty() ? "" : user + "@";
  const std::string port = ":" + std::to_string(port_);
  if (tls_ == "none") return "smtp://" + login + "127.0.0.1" + port + "?tls=none";
  return (tls_ == "implicit" ? "smtps://" : "smtp://") + login + "localhost" + port + "?ca=" + ca_file();
}

std::vector<nlohmann::json> SmtpServer::received() const {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<nlohmann::json> messages;
  for (const fs::path& file : files) messages.push_back(nlohmann::json::parse(std::ifstream(file)));
  return messages;
}

void SmtpServer::forget() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder_))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  for (const fs::path& file : files) fs::remove(file);
}

std::vector<std::string> SmtpServer::commands() const {
  std::ifstream file(folder_ / "commands");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::size_t SmtpServer::count(const std::string& command) const {
  const std::vector<std::string> all = commands();
  return static_cast<std::size_t>(std::ranges::count_if(all, [&command](const std::string& line) {
    return line.compare(line.find(' ') + 1, command.size(), command) == 0;
  }));
}

}  // namespace pawl::mail
