// Every example of the help, run by a shell in a world where there is something to see.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream rest(text);
  for (std::string line; std::getline(rest, line);) lines.push_back(line);
  return lines;
}

/// The commands below `Examples:`, without what stands behind three blanks or more; a backslash continues a line.
std::vector<std::string> examples_of(const std::string& help) {
  std::vector<std::string> commands;
  bool begun = false, continues = false;
  for (const std::string& line : lines_of(help)) {
    if (begun && line.empty()) break;
    if (begun) {
      const std::size_t from = line.find_first_not_of(' ');
      const std::string command = line.substr(from, line.find("   ", from) - from);
      if (continues)
        commands.back() += command;
      else
        commands.push_back(command);
      continues = commands.back().ends_with('\\');
      if (continues) commands.back().pop_back();
    }
    begun = begun || line == "Examples:";
  }
  return commands;
}

const Environment kHold{{"PAWL_IN_DOUBT", "hold"}};  // else it would be sent again, and dropped again

/// One mail is refused and another stays in doubt at each failed sync.
struct ExamplesFixture {
  Job job{{"--fail", "rcpt:admin=550 5.1.1 no such user", "--fail", "dot:owner=drop"}};

  /// A failed run of which a mail is in doubt: one that no example has changed, else a new one.
  std::string failed_run() {
    const std::string held =
        "select max(event_id::text) from pawl.v1_events e where status = 'failed'"
        " and exists (select from pawl.v1_in_doubt d where d.run_id = e.run_id)";
    if (std::string run = job.database.value(held); !run.empty()) return run;
    job.organisation.fail_sync();
    CHECK(job.work(kHold).code == 0);
    return job.database.value(held);
  }

  /// What `command` leaves in a shell that finds pawl, its settings and what the examples name.
  Completed shell(std::string command, const std::string& run) const {
    for (std::size_t at = 0; (at = command.find("9b3e71", at)) != std::string::npos;) command.replace(at, 6, run);
    std::string script = "cd " + job.folder.path() + "\nexport PATH=" + job.folder.path() + ":$PATH\n";
    Environment environment = job.environment(kHold);
    environment["PAWL_POSTGRES"] = job.database.conninfo;  // one login for whatever a line has
    for (const auto& [name, value] : environment) script += "export " + name + "=\"" + value + "\"\n";
    const std::string path = job.folder.path() + "/example.sh";
    std::ofstream(path) << script << command << '\n';
    const int status = std::system(("sh -e " + path + " >" + path + ".out 2>&1").c_str());
    std::ifstream said(path + ".out");
    return {WEXITSTATUS(status), {std::istreambuf_iterator<char>(said), {}}, ""};
  }
};

}  // namespace

TEST_CASE_METHOD(ExamplesFixture, "every example of every help does what it says") {
  std::filesystem::create_symlink(PAWL_BINARY, job.folder.path() + "/pawl");
  std::ofstream(job.folder.path() + "/payload.json") << R"({"paid": true})";
  std::ofstream(job.folder.path() + "/corrected.json")
      << R"({"org_id": ")" << job.organisation.id << R"(", "connection_id": ")" << job.organisation.connection
      << R"(", "sync_log_id": "0d0c0000-0000-4000-8000-000000000004", "provider": "reapit",)"
      << R"( "occurred_at": "2026-11-24T03:00:00Z"})";
  const std::string help = job.pawl({"help"}).out;
  std::vector<std::string> examples = examples_of(help);
  bool lists = false;
  for (const std::string& line : lines_of(help)) {
    if (lists && line.empty()) break;
    if (lists) {
      const std::string verb = line.substr(2, line.find(' ', 2) - 2);
      const auto more = examples_of(job.pawl({"help", verb}).out);
      CAPTURE(verb);
      CHECK_FALSE(more.empty());
      examples.insert(examples.end(), more.begin(), more.end());
    }
    lists = lists || line == "Verbs:";
  }
  CHECK(examples.size() > 25);
  for (const std::string& example : examples) {
    const Completed done = shell(example, failed_run());
    CAPTURE(example, done.out);
    CHECK(done.code == 0);
  }
}
