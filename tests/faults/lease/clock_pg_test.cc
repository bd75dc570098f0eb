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

constexpr int kTenYears = 87'600;
constexpr int kHours[] = {1, -1, kTenYears, -kTenYears};
const std::string kQuick = "first=1s,longest=2s,attempts=1000";
const Environment kQuickRetries{{"PAWL_RETRY_NOTIFY_SYNC_FAILURE_RESOLVE_RECIPIENTS", kQuick},
                                {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_CREATE_IN_APP", kQuick},
                                {"PAWL_RETRY_NOTIFY_SYNC_FAILURE_SEND_EMAIL", kQuick}};

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

  /// Where the clock is to be, from now on, of processes with the environment `jumping()`.
  void jump(int hours) const {
    std::ofstream(clock_file() + ".new") << hours * 3600L;
    std::filesystem::rename(clock_file() + ".new", clock_file());
  }
  std::string clock_file() const { return folder.path() + "/clock"; }
  /// Of a process in which the wall clock alone is wrong (wrong_clock.c).
  Environment jumping() const {
    return {{"LD_PRELOAD", PAWL_WRONG_CLOCK},
            {"PAWL_CLOCK_FILE", clock_file()},
            {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  }

  /// What the store's newest run says of when it started, in years from now.
  double years_off(const std::string& store) const {
    const std::string query = "select (max(julianday(started_at)) - julianday('now')) / 365.25 from v1_runs";
    return std::stod(run_pawl({"sql", query, "-o", "ids"}, settings(store)).out);
  }
};

}  // namespace

TEST_CASE("F11: a wall clock that jumps under a running worker moves no retry and no lease") {
  ClockScene scene({"--fail", "data:admin=451 4.3.0 later"});
  scene.jump(0);
  const auto worker = scene.start("one", with(scene.jumping(), kQuickRetries));
  const std::string epoch = scene.epoch_of(*worker);
  int events = 0;
  for (const int hours : kHours) {
    INFO("the clock jumped by " << hours << " h");
    scene.organisation.fail_sync();
    ++events;
    REQUIRE(scene.eventually_is("count(*) = 1 from pawl.v1_emails where state = 'deferred'"));
    scene.jump(hours);
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
  for (const int hours : kHours) {
    INFO("the clock was wrong by " << hours << " h");
    ClockScene scene({"--fail", "data:admin=451 4.3.0 later"});
    scene.organisation.fail_sync();
    scene.jump(hours);
    auto worker = scene.start("one", with(scene.jumping(), kQuickRetries));
    REQUIRE(eventually([&] { return scene.waiting("one") == 1; }));
    worker->signal(SIGKILL);
    worker->wait();
    if (std::abs(hours) == kTenYears) REQUIRE(std::abs(scene.years_off("one")) > 9);
    scene.smtp.tell("clear");
    worker = scene.start("one", kQuickRetries);
    CHECK(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
    CHECK(scene.everyone_was_notified(1));
    CHECK(scene.smtp.received().size() == 2);
  }
}

TEST_CASE("F11: a restart under a wrong clock forgets no run that is unfinished or not yet archived") {
  for (const int hours : {kTenYears, -kTenYears}) {
    INFO("the clock is wrong by " << hours << " h");
    ClockScene scene({"--fail", "data:admin=451 4.3.0 later"});
    scene.organisation.fail_sync();
    auto worker = scene.start("one", kQuickRetries);
    REQUIRE(eventually([&] { return scene.waiting("one") == 1; }));
    worker->signal(SIGKILL);
    worker->wait();
    scene.smtp.tell("clear");
    scene.jump(hours);
    worker = scene.start("one", with(scene.jumping(), kQuickRetries));
    CHECK(scene.eventually_is("count(*) = 1 from pawl.outbox_archive"));
    CHECK(scene.everyone_was_notified(1));
    CHECK(scene.smtp.received().size() == 2);
    // only Postgres' clock judges leases
    CHECK(scene.is("max(abs(extract(epoch from expires_at - clock_timestamp()))) < 60 from pawl.workers"));
  }
}
