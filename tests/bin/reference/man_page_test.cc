// The generated man pages.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "tests/bin/reference/fixture.h"

using namespace pawl::bin;

namespace {

struct ManPageFixture : ReferenceFixture {
  ManPageFixture() { generated({"man", "--to", directory.path().c_str()}); }
  std::string page(const std::string& name) const {
    std::ifstream file(directory.path() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

}  // namespace

TEST_CASE_METHOD(ManPageFixture, "the program's man page names its verbs, settings, variables, defaults and examples") {
  CHECK_THAT(page("pawl.1"), Catch::StartsWith(".TH PAWL 1 ") && Catch::Contains("\\fBpawl\\-in\\-doubt\\fR(1)") &&
                                 Catch::Contains("\\fB\\-\\-drain\\-timeout\\fR \\fIDURATION\\fR\n") &&
                                 Catch::Contains("\\fBPAWL_DRAIN_TIMEOUT\\fR") && Catch::Contains("default 30d") &&
                                 Catch::Contains(".SH EXAMPLES\n.nf\n") && !Catch::Contains("generate"));
}

TEST_CASE_METHOD(ManPageFixture, "each verb has a man page with its arguments and the verbs below it") {
  CHECK_THAT(page("pawl-resume.1"), Catch::Contains("[\\fIRUN\\fR...]") && Catch::Contains("\\fB\\-\\-failed\\fR\n") &&
                                        Catch::Contains("address corrected") && !Catch::Contains("mail\\-from"));
  CHECK_THAT(page("pawl-mail.1"), Catch::Contains(".SH PAWL MAIL PREVIEW\n") &&
                                      Catch::Contains("\\fB\\-\\-part\\fR \\fIhtml|subject|text\\fR\n"));
  for (const char* verb : {"show", "watch", "pause", "continue", "abort"})
    CHECK_THAT(page("pawl-batch.1"), Catch::Contains(std::string(".B pawl batch ") + verb) &&
                                         Catch::Contains("\n\\fIID\\fR\n.TP\n\\fIID\\fR\n"));
}

TEST_CASE_METHOD(ManPageFixture, "the config file has a man page of its keys, without flags that are none") {
  CHECK_THAT(page("pawl.ini.5"), Catch::Contains("\\fBmail\\-from\\fR = \\fITEXT\\fR\n") &&
                                     Catch::Contains("\\fBPAWL_MAIL_FROM\\fR") &&
                                     !Catch::Contains("\\fBconfig\\fR = ") && !Catch::Contains("\\fBversion\\fR"));
}

TEST_CASE_METHOD(ManPageFixture, "no line of text is taken for a request of roff") {
  std::istringstream lines(page("pawl.1"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with('.') || line.starts_with('\'')) {
      const std::string request = line.substr(0, line.find(' '));
      CAPTURE(line);
      CHECK((request == ".TH" || request == ".SH" || request == ".TP" || request == ".B" || request == ".PP" ||
             request == ".br" || request == ".nf" || request == ".fi"));
    }
}
