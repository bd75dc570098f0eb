// Mail as files.
#include "workflows/mail/maildir_mailer.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/workflows/mail/message/sample_mail.h"

using namespace pawl::mail;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  fs::path folder = make_folder();
  MaildirMailer mailer{folder / "mail"};

  ~Fixture() { fs::remove_all(folder); }
  static fs::path make_folder() {
    std::string pattern = (fs::temp_directory_path() / "pawl-maildir-XXXXXX").string();
    return mkdtemp(pattern.data());
  }
  std::vector<fs::path> files(const std::string& where) const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder / "mail" / where)) found.push_back(entry.path());
    return found;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "a mail in the Maildir is the message byte for byte, complete in new/, nothing left in tmp/") {
  const Envelope envelope = sample_envelope();
  const auto reports = mailer.send(std::vector{envelope});
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].delivery == Delivery::kAccepted);
  REQUIRE(files("new").size() == 1);
  std::ifstream file(files("new")[0], std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == envelope.bytes);
  CHECK(files("tmp").empty());
  CHECK(files("cur").empty());
}

TEST_CASE_METHOD(Fixture, "the same mail sent again replaces itself in the Maildir, another mail does not") {
  mailer.send(sample_envelopes(2));
  mailer.send(sample_envelopes(3));
  CHECK(files("new").size() == 3);
}

TEST_CASE_METHOD(Fixture, "a Maildir that cannot be written is a relay that is down, with the system's reason") {
  std::ofstream(folder / "mail") << "a file where the folder should be";
  const auto reports = mailer.send(sample_envelopes(2));
  REQUIRE(reports.size() == 2);
  for (const DeliveryReport& report : reports) {
    CHECK(report.delivery == Delivery::kRelayDown);
    CHECK(report.reply.find("Not a directory") != std::string::npos);
  }
}

TEST_CASE_METHOD(Fixture, "a full disk is a relay that is down, and the mails of its batch are sent again") {
  fs::create_directories(folder / "mail" / "new");
  fs::create_directories(folder / "mail" / "cur");
  fs::create_directories(folder / "mail" / "tmp");
  const Envelope envelope = sample_envelope();
  const std::string name = name_digest(envelope.message_id) + ".pawl";
  fs::create_symlink("/dev/full", folder / "mail" / "tmp" / name);
  const auto reports = mailer.send(std::vector{sample_envelope("bob@harbour.test"), envelope});
  REQUIRE(reports.size() == 2);
  CHECK(reports[0].delivery == Delivery::kRelayDown);
  CHECK(reports[1].reply.find("No space left on device") != std::string::npos);
}
