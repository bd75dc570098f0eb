// What was: who was told of what and in which words the relay took it, what goes by its age, and a store of many runs.
#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "tests/bin/incidents/scene.h"

using namespace pawl::bin;

namespace {

/// Ended and archived so many days ago, with its mails.
void age(Scene& scene, const std::string& run, int days) {
  const std::string ago = std::to_string(days);
  scene.database.exec(
      "select pawl.create_archive_month(date_trunc('month', (now() - $1::int * interval '1 day') at time zone 'UTC'))",
      {ago});
  for (const char* sql : {"update pawl.outbox_archive set created_at = now() - $1::int * interval '1 day',"
                          " finished_at = now() - $1::int * interval '1 day' where id = $2::uuid",
                          "update pawl.email_deliveries set claimed_at = now() - $1::int * interval '1 day',"
                          " settled_at = now() - $1::int * interval '1 day' where event_id = $2::uuid"})
    scene.database.exec(sql, {ago, run});
  SQLite::Database file(scene.checkpoints(), SQLite::OPEN_READWRITE);
  SQLite::Statement runs(file,
                         "update runs set started_at = started_at - ?1, ended_at = ended_at - ?1 where run_id = ?2");
  runs.bind(1, days * std::int64_t{86'400'000'000});
  runs.bind(2, run);
  runs.exec();
  SQLite::Statement events(
      file, "update events set created_at = created_at - ?1 where run = (select run from runs where run_id = ?2)");
  events.bind(1, days * std::int64_t{86'400'000'000});
  events.bind(2, run);
  events.exec();
}

Json line_of(const Json& lines, const std::string& what) {
  for (const Json& line : lines)
    if (line["what"] == what) return line;
  return Json{{"rows", "no such line"}};
}

}  // namespace

TEST_CASE(
    "incident 5: was this user told of that connection's failure, at which address, and what did the server say") {
  Scene scene({"--fail", "rcpt:admin=550 5.2.1 mailbox disabled for admin"});
  scene.organisation.fail_sync();
  pawl::tests::Organisation other(scene.database, "other");
  other.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string run =
      scene.database.value("select run_id from pawl.v1_events where aggregateid = $1", {scene.organisation.connection});
  scene.database.exec("update users set email = 'new-address@acme.example' where id = $1::uuid",
                      {scene.organisation.admin});

  Operator on_call(scene.environment());
  CHECK(on_call
            .ask({"runs", "--user", scene.organisation.admin, "--connection", scene.organisation.connection, "--since",
                  "2d", "-o", "ids"})
            .out == run + "\n");
  const Json story = on_call.ask_json({"show", run});
  Json to_admin = Json::array(), to_member = Json::array();
  for (const Json& one : story["deliveries"]) {
    if (one["user"] == scene.organisation.member) to_member.push_back(one);
    if (one["user"] == scene.organisation.admin && one["channel"] == "email") to_admin.push_back(one);
  }
  REQUIRE(to_admin.size() == 1);
  CHECK(to_admin[0]["address"] == "admin@acme.example");
  CHECK(to_admin[0]["state"] == "rejected");
  CHECK_THAT(to_admin[0]["detail"].get<std::string>(), Catch::Contains("550 5.2.1 mailbox disabled"));
  CHECK(to_member.empty());
}

TEST_CASE("incident 5: whoever was not told is in no run") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  Operator on_call(scene.environment());
  CHECK(on_call.ask({"runs", "--user", scene.organisation.member, "-o", "ids"}).out.empty());
  CHECK(on_call.ask({"runs", "--email", "OWNER@acme.example", "-o", "ids"}).out == scene.only_run() + "\n");

  Operator elsewhere(scene.host("another"));
  CHECK(elsewhere.ask({"runs", "--user", scene.organisation.member, "-o", "ids"}).out.empty());
  CHECK(elsewhere.ask({"runs", "--user", scene.organisation.owner, "-o", "ids"}).out == scene.only_run() + "\n");
}

TEST_CASE("incident 5: runs of other hosts are found beside those of this one's file, and said to be theirs") {
  Scene scene;
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string here = scene.only_run();
  scene.expire_leases();
  scene.organisation.fail_sync();
  REQUIRE(run_pawl({"worker", "--until-idle"}, scene.host("another")).code == 0);
  const std::string there = scene.database.value("select run_id from pawl.v1_events order by position desc limit 1");
  REQUIRE(here != there);

  for (const Command& about : std::vector<Command>{{"--user", scene.organisation.owner},
                                                   {"--email", "owner@acme.example"},
                                                   {"--connection", scene.organisation.connection},
                                                   {"--org", scene.organisation.id}}) {
    Command command{"runs", "-o", "ids"};
    command.insert(command.end(), about.begin(), about.end());
    INFO(about.front());
    const Completed listed = scene.pawl(command);
    CHECK(listed.out == there + "\n" + here + "\n");
    CHECK_THAT(listed.err, Catch::Contains("1 of these are not in this host's checkpoints"));
  }
  CHECK(scene.pawl({"runs", "-o", "ids"}).out == here + "\n");
  const Completed newest =
      run_pawl({"runs", "--connection", scene.organisation.connection, "--limit", "1"}, scene.host("another"));
  CHECK_THAT(newest.out, Catch::Contains(there) && !Catch::Contains(here));
  CHECK_THAT(newest.err, Catch::Contains("were left out"));
  CHECK_THAT(
      run_pawl({"runs", "--org", scene.organisation.id}, scene.environment({{"PAWL_POSTGRES", "host=/nonexistent"}}))
          .err,
      Catch::Contains("of this host alone"));
}

TEST_CASE("incident 8: what would go is said first, then goes, and nothing of what is unresolved") {
  Scene scene;
  const auto ended = [&] {
    scene.organisation.fail_sync();
    REQUIRE(scene.work().code == 0);
    return scene.database.value("select run_id from pawl.v1_events order by position desc limit 1");
  };
  const std::string old = ended(), young = ended();
  scene.smtp.tell("rcpt=550 5.1.1 no such user");
  const std::string failed = ended();
  age(scene, old, 200);  // once no worker prunes by itself
  age(scene, young, 2);
  age(scene, failed, 300);

  Operator on_call(scene.environment());
  const Json would = on_call.ask_json({"prune", "--dry-run", "--archive-retention", "90d", "--retention", "30d"});
  CHECK(line_of(would, "archived events")["rows"] == 1);
  CHECK(line_of(would, "failed events")["rows"] == 1);
  CHECK(line_of(would, "ended runs")["rows"] == 1);
  CHECK(scene.count("pawl.v1_events") == "3");
  ends(on_call.act({"prune", "--archive-retention", "90d", "--retention", "30d"}), 0);

  CHECK(scene.database.exec("select run_id from pawl.v1_events order by position") ==
        pawl::tests::Table{{young}, {failed}});
  CHECK(scene.count("pawl.v1_emails where run_id = '" + old + "'") == "0");
  CHECK(scene.count("pawl.v1_emails where run_id = '" + failed + "'") == "2");
  CHECK(scene.pawl({"sql", "select run_id from v1_runs order by number", "-o", "ids"}).out ==
        young + "\n" + failed + "\n");
  const auto resolved = [&] {
    return scene
        .pawl({"sql", "select settled_at from v1_steps where step = 'resolve-recipients' and run_id = '" + failed + "'",
               "-o", "json"})
        .out;
  };
  const std::string before = resolved();
  CHECK_THAT(before, Catch::Contains("settled_at"));
  scene.smtp.tell("clear");
  CHECK(scene.pawl({"resume", failed}).code == 0);
  CHECK(scene.work().code == 0);
  CHECK(scene.status_of(failed) == "done");
  CHECK(resolved() == before);  // it went on behind its finished step
}

TEST_CASE("incident 8: every kind of rows that is pruned is in the one table of what is kept") {
  Scene scene;
  std::ifstream page(std::string(PAWL_SOURCE_DIR) + "/docs/operating.md");
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::size_t begin = text.find("## What is kept");
  const std::string table = text.substr(begin, text.find("\n\n## ", begin) - begin);
  for (const auto& row : scene.database.exec("select name from pawl.retained")) {
    CAPTURE(row[0]);
    CHECK(std::ranges::any_of(std::array{"\n| " + row[0], "; " + row[0]},
                              [&](const std::string& named) { return table.find(named) != std::string::npos; }));
  }
}

TEST_CASE("incident 10: one failure among many finished runs is found, shown and counted exactly") {
  Scene scene({"--fail", "rcpt:admin=550 5.1.1 no such user"});
  scene.organisation.fail_sync();
  REQUIRE(scene.work().code == 0);
  const std::string run = scene.only_run();
  scene.database.exec(
      "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status, "
      "event,"
      " workflow, type, aggregatetype, aggregateid, payload, headers)"
      " select a.position + n, gen_random_uuid(), a.created_at, a.finished_at, 1, 0, a.store, 'done', null, a.workflow,"
      " a.type, a.aggregatetype, 'other', '{}', '{}' from pawl.outbox_archive a, generate_series(1, 50000) n");
  SQLite::Database(scene.checkpoints(), SQLite::OPEN_READWRITE)
      .exec(
          "begin;"
          "with recursive n(i) as (select 1 union all select i + 1 from n where i < 50000)"
          " insert into runs (run, run_id, workflow, status, position, deliveries, resumes, started_at, ended_at)"
          " select r.run + i, printf('00000000-0000-4000-8000-%012x', i), r.workflow, 'done', r.position, 1, 0,"
          " r.started_at, r.ended_at from n, runs r where r.status = 'failed';"
          "insert into events (run, type, aggregate_type, aggregate_id, payload, created_at)"
          " select r.run, e.type, e.aggregate_type, 'other', '{}', e.created_at from runs r, events e"
          " where r.status = 'done' and e.run = (select run from runs where status = 'failed');"
          "commit");

  for (const auto& [host, id] :
       {std::pair{scene.environment(), run.substr(20)}, std::pair{scene.host("another"), run}}) {
    Operator on_call(host);
    CHECK(on_call.ask({"runs", "--status", "failed", "--since", "1h", "-o", "ids"}).out == run + "\n");
    ends(on_call.ask({"show", id}), 0, {run, "550 5.1.1 no such user"});
  }
  CHECK_THAT(run_pawl({"runs"}, scene.host("another")).err,
             Catch::Contains("10000 of 10100 or more runs were left out"));
  const Json status = Json::parse(scene.pawl({"status", "-o", "json"}).out);
  REQUIRE(status["failures"].size() == 1);
  CHECK(status["failures"][0]["last_hour"] == 1);
  CHECK(scene.pawl({"runs", "--connection", scene.organisation.connection, "-o", "ids"}).out == run + "\n");
  const std::string plan = "explain query plan select run_id from v1_runs where ";
  for (const auto& [asked, index] :
       {std::pair{"status = 'failed' and started_at > ''", "runs_failed"},
        std::pair{"aggregate_id = 'x'", "events_aggregate"}, std::pair{"run_id = 'x'", "sqlite_autoindex_runs_1"}})
    CHECK_THAT(scene.pawl({"sql", plan + asked}).out, Catch::Contains(index));
}
