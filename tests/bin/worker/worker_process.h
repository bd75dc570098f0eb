// The real `pawl` binary as a child of the test: started, signalled, awaited, and read.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "tests/eventually.h"
#include "tests/temporary_directory.h"

namespace pawl::bin {

using Environment = std::map<std::string, std::string>;

/// The environment in which a verb runs: where PAWL_POSTGRES names the login test_pawl_worker, a verb that is another
/// role's task gets the login of that role, and `migrate` the suite's own.
Environment environment_for(const std::string& verb, Environment environment);

/// Killed and reaped when the object goes, if it still runs. What it writes can be read at any time.
class PawlProcess {
 public:
  /// `environment`, for the verb, is put over the test's own. `input` is its standard input.
  PawlProcess(const std::vector<std::string>& arguments, const Environment& environment, const std::string& input = "");
  ~PawlProcess();
  PawlProcess(const PawlProcess&) = delete;
  PawlProcess& operator=(const PawlProcess&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  /// Its exit code, or minus the signal that ended it. Fails the test when it still runs after a minute.
  int wait();
  bool ended();
  std::string out() const;
  std::string err() const;

 private:
  std::vector<std::string> variables(const Environment& environment) const;
  void take_status(int status);

  tests::TemporaryDirectory directory_;
  pid_t pid_ = -1;
  bool reaped_ = false;
  int code_ = 0;
};

/// What a process that ended left behind.
struct Completed {
  int code = 0;
  std::string out;
  std::string err;
};
Completed run_pawl(const std::vector<std::string>& arguments, const Environment& environment,
                   const std::string& input = "");

/// What a worker answers on its Unix socket, head included; empty while it does not.
std::string status_page(const std::string& socket_path, const std::string& path);

using tests::eventually;

}  // namespace pawl::bin
