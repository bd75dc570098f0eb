// Runs smtp_server.py as a child process.
#include "tests/workflows/mail/smtp_server.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace pawl::mail {
namespace {

namespace fs = std::filesystem;

fs::path make_folder() {
  std::string pattern = (fs::temp_directory_path() / "pawl-smtp-XXXXXX").string();
  if (!mkdtemp(pattern.data())) throw std::runtime_error("cannot make a folder for the SMTP server");
  return pattern;
}

}  // namespace

SmtpServer::SmtpServer(const std::vector<std::string>& options) : folder_(make_folder()) {
  const auto tls = std::ranges::find(options, "--tls");
  if (tls != options.end()) tls_ = *std::next(tls);
  std::vector<std::string> arguments{folder_.string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  service_ = std::make_unique<tests::Service>("workflows/mail/smtp_server.py", arguments);
  port_ = std::stoi(service_->read_line());
}

SmtpServer::~SmtpServer() {
  service_.reset();  // before the folder that it writes to
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void SmtpServer::tell(const std::string& rule) { service_->tell(rule); }

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
