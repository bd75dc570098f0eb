// A build that has renamed a step, before and after it was deployed.
#include <SQLiteCpp/SQLiteCpp.h>

#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;

namespace {

/// One finished run and one that waits, of a build in which a step had another name.
struct OtherBuild : Scene {
  OtherBuild() : Scene() {
    organisation.fail_sync();
    REQUIRE(work().code == 0);
    finished = only_run();
    smtp.tell("rcpt:admin=451 4.7.1 later");
    organisation.fail_sync();
    PawlProcess worker({"worker"}, environment());
    REQUIRE(eventually([&] {
      return pawl({"sql", "select 1 from v1_runs where status = 'waiting'", "-o", "ids"}).out == "1\n";
    }));
    stop_worker(worker);
    waiting = database.value("select id from pawl.outbox");
    smtp.tell("clear");
    rename_step("resolve-recipients", "find-recipients");
  }
  void rename_step(const std::string& from, const std::string& to) const {
    SQLite::Database file(checkpoints(), SQLite::OPEN_READWRITE);
    SQLite::Statement rename(file, "update steps set step = ? where step = ?");
    rename.bind(1, to);
    rename.bind(2, from);
    rename.exec();
  }

  std::string finished, waiting;
};

}  // namespace

TEST_CASE_METHOD(OtherBuild,
                 "incident 6: before a deploy the new build says which unfinished runs would not fit, and why") {
  Operator on_call(environment());
  const Completed unfinished = on_call.ask({"replay", "--unfinished"});
  ends(unfinished, 5,
       {"1 run of notify-sync-failure: ", "resolve-recipients", "find-recipients", waiting, "1 run replayed"});
  CHECK(unfinished.out.find(finished) == std::string::npos);
  ends(on_call.ask({"replay", waiting}), 5, {"find-recipients"});
  CHECK(mails_to("admin") == 1);
  ends(pawl({"replay", "--all", "-o", "json"}), 5, {R"("replayed": 2)", R"("misfits": 2)"});
  rename_step("find-recipients", "resolve-recipients");
  ends(pawl({"replay", "--all"}), 0, {"2 runs replayed: 2 fit this build"});
}

TEST_CASE_METHOD(OtherBuild, "incident 6: what the wrong build parked is told, and goes on under the right one") {
  PawlProcess wrong({"worker"}, environment());
  REQUIRE(eventually([&] {
    return pawl({"sql", "select reason from v1_waiting", "-o", "ids"}).out.find("does not fit") != std::string::npos;
  }));
  Operator on_call(environment());
  ends(on_call.ask({"status"}), 1, {"the build does not fit 1 run in", waiting, "keeps the names of its steps"});
  tells(on_call.ask({"replay", waiting}), {"resolve-recipients", "find-recipients"});
  stop_worker(wrong);
  CHECK(mails_to("admin") == 1);

  rename_step("find-recipients", "resolve-recipients");  // the build that began it is back
  ends(on_call.act({"worker", "--until-idle"}), 0);
  CHECK(status_of(waiting) == "done");
  CHECK(mails_to("owner") == 2);
  CHECK(mails_to("admin") == 2);
  check_shown_once();
}
