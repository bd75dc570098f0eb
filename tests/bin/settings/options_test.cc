// Where settings come from, and which of their sources wins.
#include "bin/settings/options.h"

#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>

#include "bin/operations/runs/command_error.h"
#include "bin/settings/retry_setting.h"
#include "bin/worker/workflows.h"
#include "tests/temporary_directory.h"
#include "workflows/notify_sync_failure/registration.h"

using namespace pawl::bin;

namespace {

/// Sets variables for one test and takes them away after it.
class Environment {
 public:
  ~Environment() {
    for (const auto& name : names_) unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    setenv(name.c_str(), value.c_str(), 1);
    names_.push_back(name);
  }

 private:
  std::vector<std::string> names_;
};

struct OptionsFixture {
  Environment environment;
  pawl::tests::TemporaryDirectory directory;
  Settings settings;
  Workflows workflows{{pawl::notify_sync_failure::registration}};
  const pawl::mail::MailSettings& mail = workflows.mail().given();

  const Settings& parsed(const std::string& arguments) {
    CLI::App app;
    add_settings(app, settings, workflows.settings());
    app.parse(arguments);
    if (!settings.config.empty()) read_config_file(app, settings.config);
    return settings;
  }
  std::string file(const std::string& text) {
    const std::string path = directory.path() + "/pawl.ini";
    std::ofstream(path) << text;
    return path;
  }
};

}  // namespace

TEST_CASE_METHOD(OptionsFixture, "a setting has one name as flag, variable and key") {
  environment.set("PAWL_MAIL_FROM", "env@example.com");
  parsed("--reply-to flag@example.com --config " + file("mail = \"maildir:/m\"\n"));
  CHECK(mail.from == "env@example.com");
  CHECK(mail.reply_to == "flag@example.com");
  CHECK(mail.url == "maildir:/m");
}

TEST_CASE_METHOD(OptionsFixture,
                 "a flag wins over the environment, the environment over the file, the file over the default") {
  const std::string path = file("lease = 11s\nmail-from = file@x\nlog-level = debug\nin-doubt = hold\n");
  environment.set("PAWL_LEASE", "22s");
  environment.set("PAWL_MAIL_FROM", "env@x");
  parsed("--lease 33s --config " + path);
  CHECK(settings.lease == std::chrono::seconds{33});
  CHECK(mail.from == "env@x");
  CHECK(settings.log_level == LogLevel::kDebug);
  CHECK(mail.in_doubt == pawl::mail::InDoubtPolicy::kHold);
  CHECK(settings.deliveries_max == 5);
}

TEST_CASE_METHOD(OptionsFixture,
                 "a key may be written with underscores, and a value with spaces and commas in quotes") {
  parsed("--config " + file("mail_from = \"a@x\"\npostgres = \"host=/tmp dbname=app\"\n"
                            "retry-notify-sync-failure-send-email = \"first=1s,longest=2s\"\n"));
  CHECK(mail.from == "a@x");
  CHECK(settings.postgres == "host=/tmp dbname=app");
  const auto retries = workflows.settings().groups.back().retries;
  CHECK(retries.at(2).step == "send-email");
  CHECK(retry_text(retries.at(2).policy) == "first=1s,longest=2s,attempts=0,for=24h,jitter=full");
  CHECK(retry_text(retries.at(0).policy) == "first=1s,longest=1m,attempts=20");
}

TEST_CASE_METHOD(OptionsFixture,
                 "a config file that is a pipe, a device, a directory or endless is refused at once, by name") {
  const std::string fifo = directory.path() + "/fifo", large = directory.path() + "/large";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  std::ofstream(large) << std::string(2'000'000, '#');
  const std::map<std::string, std::string> answers{{fifo, "it is no regular file"},
                                                   {"/dev/zero", "it is no regular file"},
                                                   {directory.path(), "it is a directory"},
                                                   {large, "it has more than 1048576 bytes"},
                                                   {"/nonexistent.ini", "No such file"}};
  for (const auto& [path, answer] : answers)
    CHECK_THROWS_WITH(parsed("--config " + path),
                      Catch::Contains("cannot read the config file " + path + ": " + answer));
}

TEST_CASE_METHOD(OptionsFixture, "the config file may be named by PAWL_CONFIG") {
  environment.set("PAWL_CONFIG", file("listen = unix:/run/pawl.sock\n"));
  CHECK(parsed("").listen == "unix:/run/pawl.sock");
}

TEST_CASE_METHOD(OptionsFixture, "an unknown key, a wrong value or a section in the config file is refused by name") {
  CHECK_THROWS_WITH(parsed("--config " + file("male = x\n")), Catch::Contains("unknown key 'male'"));
  settings = {};
  CHECK_THROWS_WITH(parsed("--config " + file("lease = soon\n")), Catch::Contains("--lease: 'soon' is not a duration"));
  settings = {};
  CHECK_THROWS_WITH(parsed("--config " + file("postgres = host=a dbname=b\n")), Catch::Contains("double quotes"));
  settings = {};
  CHECK_THROWS_AS(parsed("--config " + file("[worker]\nlease = 1s\n")), UsageError);
  settings = {};
  CHECK_THROWS_WITH(parsed("--config /nonexistent.ini"), Catch::Contains("cannot read the config file"));
}

TEST_CASE_METHOD(OptionsFixture,
                 "a value that would be read otherwise than it looks is refused by its line, and not quoted") {
  for (const char* line : {"postgres = \"host=a password=canary", "mail = 'smtp://canary", "mail-from = \"",
                           "postgres = \"host=a password=ca#nary\"", "listen = [::1]:9100 # canary"}) {
    INFO(line);
    CHECK_THROWS_WITH(parsed("--config " + file("lease = 1s\n" + std::string(line) + "\nhang-after = 2s\n")),
                      Catch::Contains("line 2 ") && !Catch::Contains("canary") && !Catch::Contains("password"));
    settings = {};
  }
  parsed("--config " + file("mail-from = \"a@x\" # who writes\nlisten = \"[::1]:9100\"\nreply-to = 'b@x'\n"));
  CHECK(mail.from == "a@x");
  CHECK(mail.reply_to == "b@x");
  CHECK(settings.listen == "[::1]:9100");
}

TEST_CASE_METHOD(OptionsFixture, "a wrong value on the command line names its option") {
  CHECK_THROWS_WITH(parsed("--in-doubt maybe"), Catch::Contains("--in-doubt: 'maybe' is not one of hold|resend"));
  CHECK_THROWS_WITH(parsed("--retry-notify-sync-failure-send-email tries=3"),
                    Catch::Contains("--retry-notify-sync-failure-send-email"));
  CHECK_THROWS_AS(parsed("--deliveries-max 0"), CLI::ParseError);
}

TEST_CASE_METHOD(OptionsFixture, "a duration that can never work is refused with what is possible") {
  CHECK_THROWS_WITH(parsed("--lease 1ms"), Catch::Contains("--lease: '1ms' is not from 1s to 1d"));
  CHECK_THROWS_WITH(parsed("--lease 0s"), Catch::Contains("--lease"));
  CHECK_THROWS_WITH(parsed("--lease 2d"), Catch::Contains("--lease"));
  CHECK_THROWS_WITH(parsed("--postgres-timeout 1ms"), Catch::Contains("nor 0s for never"));
  CHECK_THROWS_WITH(parsed("--hang-after 1ms"), Catch::Contains("--hang-after"));
  CHECK(parsed("--hang-after 0s --postgres-timeout 0s --lease 1s").hang_after == std::chrono::seconds{0});
}

TEST_CASE_METHOD(OptionsFixture, "a wrong variable names its option") {
  environment.set("PAWL_LEASE", "soon");
  CHECK_THROWS_WITH(parsed(""), Catch::Contains("--lease"));
}

TEST_CASE_METHOD(OptionsFixture,
                 "a worker without configuration is told every missing variable and the forms it accepts") {
  CHECK_THROWS_WITH(workflows.require_settings(), Catch::Contains("PAWL_MAIL (") && Catch::Contains("maildir:PATH") &&
                                                      Catch::Contains("PAWL_MAIL_FROM") &&
                                                      Catch::Contains("PAWL_APP_URL"));
  parsed("--mail maildir:/m --mail-from a@x");
  CHECK_THROWS_WITH(workflows.require_settings(),
                    !Catch::Contains("PAWL_MAIL (") && Catch::Contains("PAWL_APP_URL (--app-url): where"));
  parsed("--app-url https://a");
  CHECK_NOTHROW(workflows.require_settings());
}

TEST_CASE_METHOD(OptionsFixture, "the checkpoint file's default place follows XDG_STATE_HOME") {
  environment.set("XDG_STATE_HOME", "/state");
  CHECK(default_checkpoints_path() == "/state/pawl/checkpoints.db");
}
