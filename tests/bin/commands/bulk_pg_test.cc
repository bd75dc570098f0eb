// Bulk verbs as processes: what they print, and what they say to what makes no sense.
#include <catch2/catch.hpp>

#include "tests/bin/commands/failed_runs.h"

using namespace pawl::bin;

TEST_CASE_METHOD(FailedRuns, "resume without ids or filter is refused with the count of what failed, also with --yes") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"resume"}, {"resume", "--yes"}, {"resume", "--yes", "--rate", "5/s"}}) {
    const Completed refused = pawl(words);
    CHECK(refused.code == 4);
    CHECK_THAT(refused.err, Catch::Contains("3 runs have failed") && Catch::Contains("--failed for all"));
  }
  CHECK(failed() == "3");
}

TEST_CASE_METHOD(FailedRuns, "a preview groups by reason without ids, says how many, changes nothing and exits 4") {
  const Completed shown = pawl({"resume", "--failed"});
  CHECK(shown.code == 4);
  CHECK_THAT(shown.err, Catch::Contains("3 runs would be resumed") && Catch::Contains("--yes"));
  CHECK_THAT(shown.out, Catch::Contains("550 5.1.1 no such user") && Catch::Contains("notify-sync-failure") &&
                            Catch::Contains("payload"));
  CHECK(shown.out.find("owner@") == std::string::npos);
  const auto json = nlohmann::json::parse(pawl({"resume", "--failed", "-o", "json"}).out);
  CHECK(json["verb"] == "resume");
  CHECK(json["runs"] == 3);
  REQUIRE(json["groups"].size() == 2);
  CHECK(json["groups"][0]["runs"] == 2);
  CHECK(json["groups"][0]["example"].is_string());
  CHECK(failed() == "3");
}

TEST_CASE_METHOD(FailedRuns, "filters of the command line select as they say, and those that fit nothing do nothing") {
  const auto would = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "resume");
    words.insert(words.end(), {"-o", "json"});
    return nlohmann::json::parse(pawl(words).out)["runs"].get<int>();
  };
  CHECK(would({"--error-like", "550 5.1.1"}) == 2);
  CHECK(would({"--error-like", "%550 5.1.1%"}) == 2);
  CHECK(would({"--connection", "x"}) == 1);
  CHECK(would({"--org", organisation.id}) == 2);
  CHECK(would({"--user", organisation.owner}) == 2);
  CHECK(would({"--user", database.value("select upper($1)", {organisation.owner})}) == 2);
  CHECK(would({"--user", organisation.member}) == 0);
  CHECK(would({"--since", "1h"}) == 3);
  CHECK(would({"--since", "2h", "--until", "1h"}) == 0);
  CHECK(would({"--since", "2020-01-01T00:00:00Z", "--until", "2020-01-02T00:00:00Z"}) == 0);
  CHECK(would({"--workflow", "notify-sync-failure", "--since", "1h"}) == 3);
  const Completed nothing = pawl({"resume", "--workflow", "no-such", "--yes"});
  CHECK(nothing.code == 0);
  CHECK_THAT(nothing.err, Catch::Contains("nothing to resume"));
  CHECK(count("pawl.batches") == "0");
}

TEST_CASE_METHOD(FailedRuns, "filters that make no sense are usage errors with an example, before anything is done") {
  for (const auto& [words, answer] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--since", "yesterday"}, "like 2h"},
           {{"--since", "2999-01-01T00:00:00Z"}, "lies in the future"},
           {{"--since", "1h", "--until", "2h"}, "--since 4h --until 2h"},
           {{"--workflow", "", "--yes"}, "--workflow was given no value"},
           {{"--user", "ada"}, "id or address"},
           {{"--failed", "--rate", "fast", "--yes"}, "20/s"},
           {{"9b3e71", "--since", "1h"}, "either ids or filters"},
           {{"9b3e71", "--failed"}, "either ids or filters"}}) {
    std::vector<std::string> all{"resume"};
    all.insert(all.end(), words.begin(), words.end());
    const Completed wrong = pawl(all);
    CAPTURE(wrong.err);
    CHECK(wrong.code == 2);
    CHECK_THAT(wrong.err, Catch::Contains(answer));
  }
  CHECK(failed() == "3");
}

TEST_CASE_METHOD(FailedRuns, "what resume --yes made is said in the format asked for") {
  const auto made = nlohmann::json::parse(pawl({"resume", "--failed", "--yes", "-o", "json"}).out);
  CHECK(made["batch"] == 1);
  CHECK(made["runs"] == 3);
  CHECK(made["worked_on_by"] == "this command");
  CHECK(count("pawl.outbox") == "3");
  CHECK(count("pawl.commands where batch = 1 and verb = 'resume' and requested_by like '%@%'") == "3");
  const std::string run = database.value("select id from pawl.outbox limit 1");
  CHECK_THAT(pawl({"show", run}).out, Catch::Contains("batch 1") && !Catch::Contains("will resume it"));
  const auto shown = nlohmann::json::parse(pawl({"batch", "watch", "1", "-o", "json"}).out);
  CHECK(shown["state"] == "done");
  CHECK(shown["outcomes"][0]["outcome"] == "resumed");
  CHECK(shown["outcomes"][0]["runs"] == 3);
  CHECK(nlohmann::json::parse(pawl({"batch", "show", "1", "-o", "json"}).out)["now"][0]["status"] == "unfinished");
}

TEST_CASE_METHOD(FailedRuns, "resume says whether anybody will take the run") {
  const std::string id = database.value("select run_id from pawl.v1_events where status = 'failed' limit 1");
  const Completed resumed = pawl({"resume", id});
  CHECK(resumed.code == 0);
  CHECK_THAT(resumed.err, Catch::Contains("no worker lives, so nobody takes it up"));
  const Completed refused = pawl({"resume", id});
  CHECK(refused.code == 4);
  CHECK(refused.err.find("takes it up") == std::string::npos);
}

TEST_CASE_METHOD(FailedRuns, "--sql prints a query that finds what the listing lists") {
  REQUIRE(pawl({"resume", "--failed", "--rate", "1/m", "--yes", "--workflow", "nobody's"}).code == 0);
  const auto here = [&](const std::vector<std::string>& listing) {
    std::vector<std::string> words = listing;
    words.push_back("--sql");
    const Completed query = pawl(words);
    CHECK(query.code == 0);
    return pawl({"sql", query.out, "-o", "ids"}).out;
  };
  CHECK(here({"runs", "--status", "failed"}) == pawl({"runs", "--status", "failed", "-o", "ids"}).out);
  CHECK(here({"runs", "--since", "1h", "--about", "x"}) == pawl({"runs", "--about", "x", "-o", "ids"}).out);
  const auto in_postgres = [&](const std::vector<std::string>& words) {
    const std::string query = pawl(words).out;
    INFO(query);
    return database.exec(query.substr(0, query.rfind(';'))).size();
  };
  database.exec("select pawl.make_batch('resume', '{}', 'alice', '', 0.001)");
  database.exec(
      "insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts,"
      " in_doubt_count, workflow, step, state, message_id)"
      " values (gen_random_uuid(), gen_random_uuid(), 0, 1, now(), now(), 1, 1, 'w', 'send-email', 'in_doubt', '<m>')");
  organisation.fail_sync();
  for (const std::vector<std::string>& listing : {std::vector<std::string>{"waiting"},
                                                  {"waiting", "--workflow", "notify-sync-failure"},
                                                  {"in-doubt"},
                                                  {"batch", "list"}}) {
    std::vector<std::string> query = listing, ids = listing;
    query.push_back("--sql");
    ids.insert(ids.end(), {"-o", "ids"});
    const std::string sql = pawl(query).out;
    INFO(sql);
    std::string found;
    for (const auto& row : database.exec(sql.substr(0, sql.rfind(';')))) found += row[0] + "\n";
    CHECK(found == pawl(ids).out);
    CHECK(found.size() >= 2);
  }
  CHECK(in_postgres({"runs", "--fleet", "--status", "failed", "--since", "1h", "--sql"}) == 3);
  CHECK(in_postgres({"runs", "--fleet", "--about", "o'clock", "--sql"}) == 0);
}

TEST_CASE_METHOD(FailedRuns,
                 "a filter by a workflow that is not there says so, and groups are never taken for the ids of runs") {
  const Completed mistyped = pawl({"resume", "--failed", "--workflow", "notify-sync-failur"});
  CHECK(mistyped.code == 0);
  CHECK_THAT(mistyped.err,
             Catch::Contains("did you mean notify-sync-failure?") && Catch::Contains("nothing to resume"));
  const Completed ids = pawl({"resume", "--failed", "-o", "ids"});
  CHECK(ids.code == 2);
  CHECK(ids.out.empty());
  CHECK_THAT(ids.err, Catch::Contains("without -o ids"));
  database.exec("select pawl.make_batch('resume', '{}', 'alice', '', 0.001)");
  const Completed none = pawl({"resume", "--failed", "--yes", "-o", "ids"});
  CHECK(none.code == 0);
  CHECK(none.out.empty());
}

TEST_CASE_METHOD(FailedRuns, "--sql of a bulk verb prints the query of its preview, and neither acts nor asks") {
  organisation.fail_sync();
  for (const std::vector<std::string>& preview : {std::vector<std::string>{"resume", "--failed"},
                                                  {"resume", "--error-like", "550"},
                                                  {"resume", "--since", "1h", "--step", "send-email"},
                                                  {"resume", "--until", "2020-01-01T00:00:00Z"},
                                                  {"resume", "--user", "owner@acme.example"},
                                                  {"requeue", "--failed", "--workflow", "o'clock"},
                                                  {"retry-now", "--since", "1h"},
                                                  {"cancel", "--org", organisation.id}}) {
    std::vector<std::string> query = preview, json = preview;
    query.push_back("--sql");
    json.insert(json.end(), {"-o", "json"});
    const Completed printed = run_pawl(query, environment({{"PAWL_POSTGRES", "host=/nonexistent"}}));
    INFO(printed.out << printed.err);
    CHECK(printed.code == 0);
    std::string found, shown;
    for (const auto& row : database.exec(printed.out.substr(0, printed.out.rfind(';'))))
      found += row[0] + " " + row[2] + " " + row[3] + "\n";
    const auto preview_document = nlohmann::json::parse(pawl(json).out);
    for (const auto& group : preview_document.at("groups"))
      shown += group.at("workflow").get<std::string>() + " " + group.at("reason").get<std::string>() + " " +
               std::to_string(group.at("runs").get<int>()) + "\n";
    CHECK(found == shown);
  }
  const std::string grouped = pawl({"runs", "--group", "--since", "1h", "--sql"}).out;
  CHECK(grouped == pawl({"resume", "--since", "1h", "--sql"}).out);
  CHECK(pawl({"resume", "--failed", "--sql", "--yes"}).code == 2);
  CHECK(pawl({"resume", "9b3e71", "--sql"}).code == 2);
  CHECK(count("pawl.batches") == "0");
  CHECK(count("pawl.commands") == "0");
}

TEST_CASE_METHOD(FailedRuns,
                 "cancel and retry-now take the same filters for runs that have not ended, and leave the ended alone") {
  organisation.fail_sync();
  database.exec("update pawl.outbox set available_at = now() + interval '1 hour'");
  const Completed shown = pawl({"retry-now", "--since", "1h"});
  CHECK(shown.code == 4);
  CHECK_THAT(shown.err, Catch::Contains("1 run would be retried now"));
  CHECK(pawl({"retry-now", "--since", "1h", "--yes"}).code == 0);
  CHECK(count("pawl.outbox where available_at <= now()") == "1");
  CHECK(pawl({"cancel", "--org", organisation.id, "--yes", "--note", "not wanted"}).code == 0);
  CHECK(count("pawl.v1_events where status = 'cancelled' and reason like '%not wanted'") == "1");
  CHECK(failed() == "3");
}

TEST_CASE_METHOD(FailedRuns, "requeue in bulk previews as resume does, takes no payload, and makes a new run of each") {
  CHECK_THAT(pawl({"requeue"}).err, Catch::Contains("3 runs have failed") && Catch::Contains("--failed for all"));
  const Completed shown = pawl({"requeue", "--error-like", "550"});
  CHECK(shown.code == 4);
  CHECK_THAT(shown.err, Catch::Contains("2 runs would be requeued"));
  const Completed wrong = run_pawl({"requeue", "--failed", "--data", "-", "--yes"}, environment(), "{}");
  CHECK(wrong.code == 2);
  CHECK_THAT(wrong.err, Catch::Contains("of one event"));
  const Completed bare = pawl({"requeue", "9b3e71"});
  CHECK(bare.code == 2);
  CHECK_THAT(bare.err, Catch::Contains("--data") && Catch::Contains("pawl rerun"));
  CHECK(count("pawl.batches") == "0");

  smtp.tell("clear");
  CHECK(pawl({"requeue", "--error-like", "550", "--yes", "--reason", "new build"}).code == 0);
  CHECK(failed() == "1");
  REQUIRE(work().code == 0);
  CHECK(count("pawl.v1_events where status = 'done' and parent is not null") == "2");
  CHECK(count("pawl.v1_events where status = 'dismissed' and reason like 'requeued as %new build%'") == "2");
  CHECK(count("notifications") == "4");
  CHECK(smtp.received().size() == 4);
}

TEST_CASE_METHOD(FailedRuns,
                 "a verb about many runs has half an hour, after which Postgres undoes what it has not ended") {
  database.exec(
      "create table public.patience (at int generated always as identity, verb text, answer text, lock text)");
  database.exec(
      "create function public.note_patience() returns trigger language plpgsql security definer as $$ begin"
      " insert into public.patience (verb, answer, lock) values (new.verb, current_setting('statement_timeout'),"
      " current_setting('lock_timeout')); return null; end $$");
  database.exec(
      "create trigger note_patience after insert on pawl.commands for each row execute function "
      "public.note_patience()");
  const std::string run = database.value("select min(run_id::text) from pawl.v1_events where reason like '%550%'");
  CHECK(pawl({"resume", run}).code == 0);
  CHECK(pawl({"cancel", run}).code == 0);
  CHECK(pawl({"resume", "--failed", "--yes"}).code == 0);
  const pawl::tests::Table half_an_hour{
      {"resume", "1710s", "20s"}, {"cancel", "1710s", "20s"}, {"batch resume", "1710s", "20s"}};
  CHECK(database.exec("select verb, answer, lock from public.patience order by at limit 3") == half_an_hour);
}

TEST_CASE_METHOD(FailedRuns,
                 "runs --group takes the filters of a preview as it does, and no option that it would ignore") {
  const auto grouped = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {"runs", "--group"});
    words.insert(words.end(), {"-o", "json"});
    const Completed done = pawl(words);
    CHECK(done.code == 0);
    return nlohmann::json::parse(done.out);
  };
  CHECK(grouped({})["runs"] == 3);
  CHECK_FALSE(grouped({}).contains("verb"));
  CHECK(grouped({"--user", database.value("select upper($1)", {organisation.owner})})["runs"] == 2);
  CHECK(grouped({"--email", "owner@acme.example"})["runs"] == 2);
  for (const auto& [words, answer] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--fleet"}, "--fleet"},
           {{"--limit", "5"}, "--limit"},
           {{"-o", "ids"}, "-o ids"},
           {{"--user", organisation.owner, "--email", "owner@acme.example"}, "either --user or --email"},
           {{"--user", "ada"}, "full id or address"},
           {{"--since", "1h", "--until", "2h"}, "--since 4h --until 2h"}}) {
    std::vector<std::string> all{"runs", "--group"};
    all.insert(all.end(), words.begin(), words.end());
    const Completed wrong = pawl(all);
    INFO(wrong.out << wrong.err);
    CHECK(wrong.code == 2);
    CHECK_THAT(wrong.err, Catch::Contains(answer));
  }
}
