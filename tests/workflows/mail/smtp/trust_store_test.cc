// Certificates are read once, and anew when their files have changed.
#include "workflows/mail/tls/trust_store.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/temporary_directory.h"
#include "tests/workflows/mail/message/sample_mail.h"
#include "tests/workflows/mail/smtp_server.h"
#include "workflows/mail/mail_url.h"
#include "workflows/mail/smtp/mailer.h"

using namespace pawl::mail;
namespace fs = std::filesystem;

namespace {

struct Scene {
  pawl::tests::TemporaryDirectory directory;
  const std::string path = directory.path() + "/ca.pem";
  const SmtpServer authority{{"--tls", "starttls"}};
  TrustStore store;

  void trust(const SmtpServer& server) const {
    fs::copy_file(server.ca_file(), path, fs::copy_options::overwrite_existing);
  }
  // Long enough ago that what is written now has another time.
  static void age(const std::string& file) {
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours{1});
  }
};

// Where OpenSSL looks for the system's certificates, for one test.
struct SystemPlaces {
  SystemPlaces(const std::string& file, const std::string& directories) {
    setenv("SSL_CERT_FILE", file.c_str(), 1);
    setenv("SSL_CERT_DIR", directories.c_str(), 1);
  }
  ~SystemPlaces() {
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
  }
  SystemPlaces(const SystemPlaces&) = delete;
};

}  // namespace

TEST_CASE_METHOD(Scene, "certificates are read once, and anew when their file was written to, replaced or is another") {
  trust(authority);
  age(path);
  const auto first = store.context(path);
  CHECK(store.context(path) == first);
  std::ofstream(path, std::ios::app) << "\n";
  const auto written = store.context(path);
  CHECK(written != first);
  const std::string other = directory.path() + "/other.pem";
  fs::copy_file(path, other);
  fs::last_write_time(other, fs::last_write_time(path));
  fs::rename(other, path);
  const auto replaced = store.context(path);
  CHECK(replaced != written);
  CHECK(store.context(path) == replaced);
  CHECK(store.context(authority.ca_file()) != replaced);
}

TEST_CASE_METHOD(Scene, "a file of certificates that cannot be read is an error each time, whatever was in it before") {
  trust(authority);
  CHECK(store.context(path) != nullptr);
  const auto check_refused = [&](const std::string& why) {
    for (int i = 0; i < 2; ++i)
      CHECK_THROWS_WITH(store.context(path), "cannot read certificates from " + path + ": " + why +
                                                 "; ca= in PAWL_MAIL takes a readable file of PEM certificates");
  };
  std::ofstream(path) << "no certificate\n";
  check_refused("no certificate or crl found");
  fs::remove(path);
  check_refused("No such file or directory");
  trust(authority);
  CHECK(store.context(path) != nullptr);
  std::ofstream(path, std::ios::app) << "-----BEGIN CERTIFICATE-----\nAAAA\n";
  check_refused("bad end line");
  fs::remove(path);
  fs::create_directory(path);
  check_refused("it is a directory");
  fs::remove(path);
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  check_refused("it is no regular file, but a pipe, a device or a socket");
  fs::remove(path);
  fs::create_symlink("/dev/zero", path);
  check_refused("it is no regular file, but a pipe, a device or a socket");
}

TEST_CASE_METHOD(Scene, "the system's certificates are read anew when their file or one of their folders changes") {
  const std::string one = directory.path() + "/one", two = directory.path() + "/two";
  for (const std::string& folder : {one, two}) {
    fs::create_directory(folder);
    age(folder);
  }
  const SystemPlaces places(path, one + ":" + two);
  const auto without = store.context("");
  CHECK(store.context("") == without);
  std::ofstream(two + "/added.pem") << "";
  const auto added = store.context("");
  CHECK(added != without);
  CHECK(store.context("") == added);
  trust(authority);
  CHECK(store.context("") != added);
}

TEST_CASE_METHOD(Scene, "each login trusts what the file of certificates holds then") {
  SmtpServer server({"--tls", "starttls"});
  trust(server);
  age(path);
  SmtpMailer mailer(
      smtp_options({"smtp://localhost:" + std::to_string(server.port()) + "?connections=1&ca=" + path, ""}));
  const auto send_after_hangup = [&] {
    server.tell("hangup");
    return mailer.send(sample_envelopes(1)).at(0);
  };
  CHECK(send_after_hangup().delivery == Delivery::kAccepted);
  std::ofstream(path) << "";
  const auto broken = send_after_hangup();
  CHECK(broken.delivery == Delivery::kRelayDown);
  CHECK_THAT(broken.reply, Catch::StartsWith("mail relay smtp://localhost:") &&
                               Catch::Contains(": cannot read certificates from " + path + ": "));
  trust(server);
  CHECK(send_after_hangup().delivery == Delivery::kAccepted);
  trust(authority);
  const auto distrusted = send_after_hangup();
  CHECK(distrusted.delivery == Delivery::kRelayDown);
  CHECK_THAT(distrusted.reply, Catch::Contains("its certificate does not verify"));
  CHECK(server.received().size() == 2);
}
