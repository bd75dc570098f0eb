// What bash completes, by bash itself; the other shells' scripts have the same table.
#include <catch2/catch.hpp>
#include <cstdio>
#include <fstream>
#include <memory>

#include "tests/bin/reference/fixture.h"

using namespace pawl::bin;

namespace {

struct CompletionFixture : ReferenceFixture {
  CompletionFixture() { std::ofstream(script) << generated({"bash"}); }

  /// The words, with blanks between them, that may follow: `line` in bash's syntax of an array.
  std::string completed(const std::string& line) const {
    const std::string command = "bash -c 'source " + script + "; COMP_WORDS=(pawl " + line +
                                "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _pawl; echo \"${COMPREPLY[*]}\"'";
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string words;
    for (int letter = 0; (letter = std::fgetc(pipe.get())) != EOF;)
      if (letter != '\n') words += static_cast<char>(letter);
    return words;
  }

  const std::string script = directory.path() + "/pawl.bash";
};

}  // namespace

TEST_CASE_METHOD(CompletionFixture, "bash completes verbs, and verbs of a verb") {
  CHECK(completed("re") == "replay resume requeue retry-now rerun");
  CHECK(completed("mail \"\"") == "test preview");
  CHECK_THAT(completed("\"\""), Catch::StartsWith("migrate worker emit") && !Catch::Contains("generate"));
}

TEST_CASE_METHOD(CompletionFixture, "bash completes a verb's own options, and settings behind any verb") {
  CHECK(completed("resume --fa") == "--failed");
  CHECK(completed("runs --fa") == "");
  CHECK(completed("--log-f") == "--log-format --log-file");
  CHECK(completed("mail preview --pa") == "--part");
  CHECK(completed("worker --log-fo") == "--log-format");
}

TEST_CASE_METHOD(CompletionFixture, "bash completes values where there are few, a verb's option before a setting") {
  CHECK(completed("runs --status f") == "failed");
  CHECK(completed("migrate --status f") == "");
  CHECK(completed("--output \"\"") == "ids json table");
  CHECK(completed("runs -o j") == "json");
  CHECK(completed("runs --output = t") == "table");
  CHECK(completed("mail preview --part \"\"") == "html subject text");
}

TEST_CASE_METHOD(ReferenceFixture, "zsh and fish get every verb, option and value with its meaning") {
  CHECK_THAT(generated({"zsh"}), Catch::StartsWith("#compdef pawl\n") &&
                                     Catch::Contains("'resume:Let failed runs go on at their failed steps'") &&
                                     Catch::Contains("'--lease:A silent worker'\\''s events") &&
                                     Catch::Contains("values=(html subject text)"));
  CHECK_THAT(generated({"fish"}),
             Catch::Contains("complete -c pawl -n \"test (__pawl_verb) = 'pawl runs'\" -l status -x -a "
                             "'running waiting done failed cancelled superseded pending leased dismissed'") &&
                 Catch::Contains("complete -c pawl -s o -l output -x -a 'ids json table'"));
}
