// F11: the wall clock of a worker's host jumps, while it runs and between two lives of it.
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "tests/faults/lease/outbox_scene.h"

using namespace pawl::bin;
using pawl::tests::OutboxScene;

namespace {

const std::vector<std::string> kJumps{"+1h", "-1h", "+10y", "-10y"};
const std::string kQuick = "first=1s,longest=2s,attempts=1000";
const Environment kQuickRetries{{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_RESOLVE_RECIPIENTS", kQuick},
                                {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_CREATE_IN_APP", kQuick},
                                {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", kQuick}};

std::string library() {
  for (const auto& folder : std::filesystem::directory_iterator("/usr/lib"))
    if (const auto file = folder.path() / "faketime/libfaketimeMT.so.1"; exists(file)) return file;
  throw std::runtime_error("libfaketime is not installed; bin/install-packages installs it");
}

/// A process in which the wall clock alone is wrong; the monotonic one goes on as the hardware does.
Environment wrong_clock(Environment more) {
  Environment all{{"LD_PRELOAD", library()},
                  {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                  {"DONT_FAKE_MONOTONIC", "1"},
                  {"FAKETIME_NO_CACHE", "1"},
                  {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

/// What the environment makes `date` believe.
int year_under(const Environment& environment) {
  std::string command = "env";
  for (const auto& [name, value] : environment) command += " " + name + "='" + value + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> date(popen((command + " date +%Y").c_str(), "r"), pclose);
  int year = 0;
  if (!date || std::fscanf(date.get(), "%d", &year) != 1) throw std::runtime_error("cannot ask for the date");
  return year;
}

Environment with(Environment all, const Environment& more) {
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

struct ClockScene : OutboxScene {
  using OutboxScene::OutboxScene;

  /// A clock that is told where to jump while the process runs.
  void jump(const std::string& by) const {
    std::ofstream(clock_file() + ".new") << by << "\n";
    std::filesystem::rename(clock_file() + ".new", clock_file());
  }
  std::string clock_file() const { return folder.path() + "/clock"; }
  Environment jumping() const { return wrong_clock({{"FAKETIME_TIMESTAMP_FILE", clock_file()}}); }

  /// What the store's newest run says of when it started, in years from now.
  double years_off(const std::string& store) const {
    const std::string query = "select (max(julianday(started_at)) - julianday('now')) / 365.25 from v1_runs";
    return std::stod(run_pawl({"sql", query, "-o", "ids"}, settings(store)).out);
  }
};

}  // namespace

TEST_CASE("F11: a wall clock that jumps under a running worker moves no retry and no lease") {
  ClockScene scene({"--fail", "data:admin=451 4.3.0 later"});
  scene.jump("+0");
  const auto worker = scene.start("one", with(scene.jumping(), kQuickRetries));
  const std::string epoch = scene.epoch_of(*worker);
  int events = 0;
  for (const std::string& jump : kJumps) {
    INFO("the clock jumped " << jump);
    scene.organisation.fail_sync();
    ++events;
    REQUIRE(scene.eventually_is("count(*) = 1 from pawl.v1_emails where state = 'deferred'"));
    scene.jump(jump);
    const std::string jumped_at = scene.now();
    const std::string attempts = "(select sum(attempts) from pawl.v1_emails)";
    const std::string before = scene.database.value("select " + attempts);
    CHECK(scene.eventually_is(attempts + " >= 2 + " + before));  // it goes on retrying,
    const double passed = scene.seconds(jumped_at, scene.now());
    const double tried = std::stod(scene.database.value("select " + attempts)) - std::stod(before);
    CHECK(tried <= 3 + 2 * passed);  // and no faster than its policy: half a second at the least
    scene.smtp.tell("clear");
    CHECK(scene.eventually_is("count(*) = " + std::to_string(events) + " from pawl.outbox_archive"));
    scene.smtp.tell("data:admin=451 4.3.0 later");
  }
  CHECK(scene.epoch_of(*worker) == epoch);
  CHECK(scene.everyone_was_notified(events));
  CHECK(year_under(scene.jumping()) < year_under({}) - 8);  // the last jump: what was preloaded did its work
  CHECK(scene.is("bool_and(deliveries = 1) from pawl.outbox_archive"));
  CHECK(scene.copies_are_explained());
  worker->signal(SIGTERM);
  CHECK(worker->wait() == 0);
}

TEST_CASE("F11: whatever the clock said when a run began to wait, it goes on after a restart") {
  for (const std::string& jump : kJumps) {
    INFO("the clock was wrong by " << jump);
    ClockScene scene({"--fail", "data:admin=451 4.3.0 later"});
    scene.organisation.fail_sync();
    auto worker = scene.start("one", with(wrong_clock({{"FAKETIME", jump}}), kQuickRetries));
    REQUIRE(eventually([&] { return scene.waiting("one") == 1; }));
    worker->signal(SIGKILL);
    worker->wait();
    if (jump.ends_with("y")) REQUIRE(std::abs(scene.years_off("one")) > 9);
    scene.smtp.tell("clear");
    worker = scene.start("one", kQuickRetries);
    CHECK(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
    CHECK(scene.everyone_was_notified(1));
    CHECK(scene.smtp.received().size() == 2);
  }
}

TEST_CASE("F11: a restart under a wrong clock forgets no run that is unfinished or not yet archived") {
  for (const std::string& jump : {std::string("+10y"), std::string("-10y")}) {
    INFO("the clock is wrong by " << jump);
    ClockScene scene({"--fail", "data:admin=451 4.3.0 later"});
    scene.organisation.fail_sync();
    auto worker = scene.start("one", kQuickRetries);
    REQUIRE(eventually([&] { return scene.waiting("one") == 1; }));
    worker->signal(SIGKILL);
    worker->wait();
    scene.smtp.tell("clear");
    worker = scene.start("one", with(wrong_clock({{"FAKETIME", jump}}), kQuickRetries));
    CHECK(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
    CHECK(scene.everyone_was_notified(1));
    CHECK(scene.smtp.received().size() == 2);
    // only Postgres' clock judges leases
    CHECK(scene.is("max(abs(extract(epoch from expires_at - clock_timestamp()))) < 60 from pawl.workers"));
  }
}
