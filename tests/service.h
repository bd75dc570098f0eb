// A script that serves a test and is told what to do by lines.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace pawl::tests {

/// Runs a Python script, named from tests/, from construction to destruction; the script ends with its standard input,
/// so also when the test dies.
class Service {
 public:
  Service(const std::string& script, const std::vector<std::string>& arguments);
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// The next line it prints. Throws std::runtime_error when there is none within two minutes.
  std::string read_line();
  std::string ask(const std::string& line);
  /// Throws std::runtime_error unless the answer is `ok`.
  void tell(const std::string& line);

 private:
  const std::string script_;
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

/// A port of 127.0.0.1 that nobody listens on.
int free_port();

}  // namespace pawl::tests
