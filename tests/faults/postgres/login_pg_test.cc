// Connections that Postgres refuses: wrong password, no login, too many.
#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <sstream>

#include "engine/authoring/errors.h"
#include "tests/faults/postgres/worker_role.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

int lines_with(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Of the step that was paused most often.
int pauses_of_one_step(const std::string& log) {
  std::map<std::string, int> pauses{{"resolve-recipients", 0}, {"create-in-app", 0}, {"send-email", 0}};
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);)
    for (auto& [step, count] : pauses)
      count += lines_with(line, "step paused") == 1 && lines_with(line, "\"step\":\"" + step + "\"") == 1;
  return std::max({pauses["resolve-recipients"], pauses["create-in-app"], pauses["send-email"]});
}

}  // namespace

TEST_CASE("a wrong password is tried once a wait, not three times at once, and the worker goes on with the right one") {
  FaultJob job;
  job.organisation.fail_sync();
  job.database.exec("drop role if exists with_password");
  job.database.exec("create role with_password login superuser password 'right'");
  const int before = job.cluster.logged("password authentication failed");
  bin::PawlProcess worker(
      {"worker"}, job.environment(FaultJob::through("user=with_password password=wrong dbname=" + job.database.name)));
  CHECK(bin::eventually([&] { return lines_with(worker.err(), "cannot register yet") >= 4; }));
  const int refused = job.cluster.logged("password authentication failed") - before;
  CHECK(refused >= 4);
  CHECK(refused <= lines_with(worker.err(), "cannot register yet") + 1);
  CHECK(worker.err().find("wrong\\\"") == std::string::npos);
  job.database.exec("alter role with_password password 'wrong'");
  job.check_everyone_notified();
  check_drains(worker);
  job.database.exec("drop role with_password");
}

TEST_CASE("P1 P9: a login taken away under load is asked for with growing waits and costs nothing once it is back") {
  FaultJob job;
  const WorkerRole role(job);
  bin::PawlProcess worker({"worker"}, job.environment(role.environment()));
  Producer producer(job, 40);
  REQUIRE(job.eventually_finished(5));
  const int before = job.cluster.logged("is not permitted to log in");
  job.database.exec("alter role " + role.name + " nologin");
  job.terminate_sessions("usename = '" + role.name + "'");
  const auto refused = [&] { return job.cluster.logged("is not permitted to log in") - before; };
  // The waits of a paused step double from a second: a hot loop would ask thousands of times until it has waited
  // thrice. Counted of one step, since no other may have had work when the login went.
  CHECK(bin::eventually([&] { return pauses_of_one_step(worker.err()) >= 4; }));
  WARN(refused() << " refused logins");
  CHECK(refused() > 0);
  CHECK(refused() < 200);
  job.database.exec("alter role " + role.name + " login");
  producer.finish();
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P9: a role out of connections pauses what has none and costs no attempt") {
  FaultJob job;
  const WorkerRole role(job);
  const int before = job.cluster.logged("too many connections for role");
  job.database.exec("alter role " + role.name + " connection limit 3");
  bin::PawlProcess worker({"worker"}, job.environment(role.environment()));
  Producer producer(job, 40);
  CHECK(bin::eventually([&] { return job.cluster.logged("too many connections for role") > before; }));
  job.database.exec("alter role " + role.name + " connection limit -1");
  producer.finish();
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}

TEST_CASE("P1 P9: a server out of connections keeps the worker waiting and costs no attempt") {
  FaultJob job;
  const WorkerRole role(job);
  job.organisation.fail_sync();
  std::deque<storage::PostgresConnection> crowd;
  const std::string crowded = "user=" + role.name + " dbname=" + job.database.name;
  CHECK_THROWS_AS(
      [&] {
        for (;;) crowd.emplace_back(crowded).run("crowd", "select 1", {});
      }(),
      engine::UnavailableError);
  bin::PawlProcess worker({"worker"}, job.environment(role.environment()));
  CHECK(bin::eventually([&] { return lines_with(worker.err(), "cannot register yet") >= 2; }));
  crowd.clear();
  job.check_everyone_notified();
  check_drains(worker);
  CHECK(job.no_attempt_burnt());
}
