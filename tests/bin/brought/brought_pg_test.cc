// A workflow that a program of its own brings: every verb works for it, and it needs what it needs alone.
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/worker_process.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl::bin;

namespace {

struct Fixture {
  Environment environment(Environment more = {}) const {
    Environment all{{"PAWL_POSTGRES", database.conninfo},
                    {"PAWL_CHECKPOINTS", folder.path() + "/checkpoints.db"},
                    {"PAWL_WORKFLOWS", "greet-visitor"},
                    {"PAWL_LOG_LEVEL", "warn"}};
    for (const auto& [name, value] : more) all[name] = value;
    return all;
  }
  Completed run(const std::vector<std::string>& arguments, const Environment& more = {}) const {
    Completed done = run_pawl(arguments, environment(more));
    CAPTURE(arguments, done.err);
    return done;
  }
  std::string emit(const std::string& payload) const {
    const Completed done = run({"emit", "test/visitor.came", "--aggregate-id", "door", "--data", payload});
    REQUIRE(done.code == 0);
    return done.out.substr(0, done.out.find('\n'));
  }
  std::string value(const std::string& sql) const {
    pawl::storage::PostgresConnection connection(database.conninfo);
    return connection.run("ask", sql, {}).string(0, 0);
  }

  pawl::tests::EmptyDatabase database;
  pawl::tests::TemporaryDirectory folder;
};

const Environment kWelcome{{"PAWL_GREETING", "Welcome"}};

}  // namespace

TEST_CASE_METHOD(Fixture, "migrate applies the lines of the workflows that run, and the outbox's") {
  CHECK(run({"migrate", "--status"}).code == 4);
  CHECK(run({"migrate"}).code == 0);
  CHECK(value("select string_agg(distinct line, ' ' order by line) from pawl.migrations") == "greet_visitor outbox");
  CHECK(run({"migrate", "--status"}).code == 0);
  CHECK(run({"migrate", "--status"}, {{"PAWL_WORKFLOWS", "greet-visitor,count-visitor"}}).code == 4);
  CHECK(run({"migrate", "--workflows", "greet-visitor, count-visitor"}).code == 0);
  CHECK(value("select count(*)::text from pawl.migrations where line = 'count_visitor'") == "1");
}

TEST_CASE_METHOD(Fixture, "without a choice all workflows run that are not optional") {
  const Environment all{{"PAWL_WORKFLOWS", ""}};
  const std::string script = run({"migrate", "--print"}, all).out;
  CHECK_THAT(script, Catch::Contains("-- outbox/001_") && Catch::Contains("-- mail/001_") &&
                         Catch::Contains("-- depositlink/001_") && Catch::Contains("-- notify_sync_failure/001_") &&
                         Catch::Contains("-- greet_visitor/001_") && !Catch::Contains("-- count_visitor/"));
  const Completed worker = run({"worker", "--until-idle"}, all);
  CHECK(worker.code == 2);
  CHECK_THAT(worker.err, Catch::Contains("PAWL_MAIL (") && Catch::Contains("PAWL_APP_URL (") &&
                             Catch::Contains("PAWL_GREETING (--greeting): what to say, like Welcome"));
}

TEST_CASE_METHOD(Fixture, "a worker needs the settings of the workflows that run, and no others") {
  REQUIRE(run({"migrate"}).code == 0);
  const Completed worker = run({"worker", "--until-idle"});
  CHECK(worker.code == 2);
  CHECK_THAT(worker.err, Catch::Contains("PAWL_GREETING") && !Catch::Contains("PAWL_MAIL"));
  CHECK(run({"worker", "--until-idle"}, kWelcome).code == 0);
}

TEST_CASE_METHOD(Fixture, "a workflow that is not there is refused with the names of those that are") {
  for (const char* names : {"greet-visitor,tell-nobody", "tell-nobody"}) {
    const Completed refused = run({"migrate", "--workflows", names});
    CHECK(refused.code == 2);
    CHECK_THAT(
        refused.err,
        Catch::Contains("there is no workflow 'tell-nobody'") &&
            Catch::Contains("notify-sync-failure, greet-visitor, note-visitor (optional), count-visitor (optional)"));
  }
  CHECK(run({"migrate", "--workflows", "greet-visitor,"}).code == 2);
}

TEST_CASE_METHOD(Fixture, "help lists the settings that workflows declare, with their retries") {
  const std::string help = run({"--help"}).out;
  CHECK_THAT(help, Catch::Contains("Settings of workflow greet-visitor") && Catch::Contains("--greeting") &&
                       Catch::Contains("PAWL_GREETING") && Catch::Contains("--retry-greet-visitor-write-greeting") &&
                       Catch::Contains("--retry-notify-sync-failure-send-email") &&
                       Catch::Contains("first=5s,longest=30m,attempts=0,for=24h,jitter=full"));
}

TEST_CASE_METHOD(Fixture, "a workflow of somebody else's has every verb") {
  REQUIRE(run({"migrate"}).code == 0);
  const std::string ada = emit(R"({"name": "Ada"})");
  const std::string nobody = emit(R"({"name": "nobody"})");
  const std::string nameless = emit("{}");
  REQUIRE(run({"worker", "--until-idle"}, kWelcome).code == 0);
  CHECK(value("select string_agg(text, ' ') from pawl.greetings") == "Welcome, Ada");

  CHECK(run({"runs", "--status", "done", "-o", "ids"}).out == ada + "\n");
  CHECK_THAT(run({"runs", "--status", "failed"}).out,
             Catch::Contains("nobody is not greeted") && Catch::Contains("payload: it has no name"));
  const Completed shown = run({"show", ada});
  CHECK(shown.code == 0);
  CHECK_THAT(shown.out, Catch::Contains("greet-visitor") && Catch::Contains("write-greeting") &&
                            !Catch::Contains("could not be asked"));
  CHECK_THAT(run({"sql", "select count(*) from v1_runs", "-o", "ids"}).out, Catch::Contains("3"));

  // neither a setting nor a database of this host's changes what a replay says
  const Completed replayed = run({"replay", ada}, {{"PAWL_POSTGRES", "host=/nonexistent"}, {"PAWL_TIME_ZONE", "none"}});
  CHECK(replayed.code == 0);
  CHECK(run({"replay", ada, "--workflows", "count-visitor"}).code == 0);

  CHECK(run({"resume", nobody}).code == 0);
  REQUIRE(run({"worker", "--until-idle", "--retry-greet-visitor-write-greeting", "attempts=1"}, kWelcome).code == 0);
  CHECK(value("select status from pawl.v1_events where event_id = '" + nobody + "'") == "failed");

  const std::string mails = "maildir:" + folder.path() + "/mails";
  CHECK(run({"mail", "test", "--to", "ada@x.test", "--mail", mails, "--mail-from", "door@x.test"}).code == 0);
  CHECK(run({"mail", "preview"}).code == 2);
  CHECK_THAT(run({"in-doubt"}).err, Catch::Contains("no workflow that runs here mails"));
}

TEST_CASE_METHOD(Fixture, "events of a workflow that does not run stay where they are") {
  REQUIRE(run({"migrate", "--workflows", "greet-visitor,count-visitor"}).code == 0);
  const std::string ada = emit(R"({"name": "Ada"})");
  REQUIRE(run({"worker", "--until-idle", "--workflows", "count-visitor"}).code == 0);
  CHECK(value("select status from pawl.v1_events where event_id = '" + ada + "'") == "pending");
}

TEST_CASE_METHOD(Fixture,
                 "an event has a run in each of two workflows, and every verb takes the event or one of them") {
  REQUIRE(run({"migrate", "--workflows", "greet-visitor,note-visitor"}).code == 0);
  const std::string ada = emit(R"({"name": "Ada"})");
  const std::string shy = emit(R"({"name": "shy"})");
  REQUIRE(run({"worker", "--until-idle", "--workflows", "note-visitor"}).code == 0);
  CHECK(value("select string_agg(workflow || ' ' || status, ', ' order by position) from pawl.v1_events") ==
        "greet-visitor pending, note-visitor done, greet-visitor pending, note-visitor failed");
  REQUIRE(run({"worker", "--until-idle"}, kWelcome).code == 0);
  CHECK(value("select string_agg(text, '; ' order by text) from pawl.greetings") ==
        "Noted, a visitor; Welcome, Ada; Welcome, shy");

  const std::string note =
      value("select run_id from pawl.v1_events where workflow = 'note-visitor' and event_id = '" + ada + "'");
  CHECK(note != ada);
  CHECK(run({"runs", "--event", ada, "-o", "ids"}).out == ada + "\n" + note + "\n");
  CHECK(run({"runs", "--event", ada + "/note-visitor", "-o", "ids"}).out == note + "\n");
  CHECK(run({"runs", "--event", ada + "/greet-visitor", "-o", "ids"}).out == ada + "\n");
  CHECK(run({"runs", "--event", note.substr(24), "-o", "ids"}).out == note + "\n");
  CHECK(run({"runs", "--event", ada + "/Note-visitor"}).code == 3);
  const Environment another{{"PAWL_CHECKPOINTS", folder.path() + "/another.db"},
                            {"PAWL_GREETING", "Welcome"},
                            {"PAWL_WORKFLOWS", "greet-visitor\n"}};
  REQUIRE(run({"worker", "--until-idle"}, another).code == 0);
  const auto elsewhere = run({"show", ada + "/note-visitor"}, another);
  CHECK(elsewhere.code == 0);
  CHECK_THAT(elsewhere.err, Catch::Contains("from Postgres"));
  CHECK_THAT(elsewhere.out, Catch::Contains(note) && Catch::Contains("note-visitor") && Catch::Contains("done"));
  CHECK_THAT(run({"show", ada}).out, Catch::Contains("greet-visitor") && Catch::Contains("note-visitor"));
  CHECK_THAT(run({"show", ada + "/note-visitor"}).out,
             !Catch::Contains("greet-visitor") && Catch::Contains("note-visitor") && Catch::Contains(ada));
  CHECK(run({"show", note, "-o", "ids"}).out == note + "\n");
  CHECK(nlohmann::json::parse(run({"show", ada, "-o", "json"}).out).size() == 2);
  CHECK(nlohmann::json::parse(run({"replay", ada, "-o", "json"}).out).size() == 2);
  CHECK(run({"show", ada + "/count-visitor"}).code == 3);

  CHECK(run({"resume", shy + "/greet-visitor"}).code == 4);
  const Completed resumed = run({"resume", shy.substr(24)});
  CHECK(resumed.code == 0);
  CHECK_THAT(resumed.out, !Catch::Contains("refused"));
  CHECK(value("select string_agg(workflow || ' ' || resumes, ', ' order by workflow) from pawl.v1_events where"
              " event_id = '" +
              shy + "'") == "greet-visitor 0, note-visitor 1");
}

TEST_CASE_METHOD(Fixture, "a worker does not start while a workflow of its is not registered") {
  REQUIRE(run({"migrate"}).code == 0);
  const Completed worker = run({"worker", "--until-idle", "--workflows", "note-visitor"});
  CHECK(worker.code == 4);
  CHECK_THAT(worker.err,
             Catch::Contains("workflow note-visitor is not registered") && Catch::Contains("`brought_worker migrate`"));
  CHECK_THAT(run({"migrate", "--status", "--workflows", "note-visitor"}).out, Catch::Contains("workflow note-visitor"));
  CHECK_THAT(run({"migrate", "--workflows", "note-visitor"}).out, Catch::Contains("registered workflow note-visitor"));
  CHECK(run({"worker", "--until-idle", "--workflows", "note-visitor"}).code == 0);
}
