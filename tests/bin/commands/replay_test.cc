// Recorded runs against this build, as a CI asks.
#include <catch2/catch.hpp>

#include "bin/operations/runs/corpus.h"
#include "tests/bin/commands/corpus.h"

using namespace pawl;
using namespace pawl::bin;

namespace {

struct ReplayFixture : CorpusFixture {
  /// One that fits, two of a build with another name for a step, one of a workflow that is gone.
  ReplayFixture() {
    storage::commit(store, done(1));
    storage::commit(store, done(2, "find-people"));
    storage::commit(store, {begun(3), storage::settled(3, {"find-people", ""}, kNobody)});
    storage::commit(store, {begun(4, "tell-nobody")});
  }
};

constexpr const char* kRenamed =
    "step resolve-recipients is asked for, its checkpoints have create-in-app, find-people";

}  // namespace

TEST_CASE_METHOD(ReplayFixture, "a corpus that does not fit ends with 5, and says in which ways and how often") {
  CHECK(verb({"replay", "--all"}) == ExitCode::kReplayMismatch);
  CHECK(out.str() ==
        "1 run of notify-sync-failure: " + std::string(kRenamed) + "\n  like " + id(2) + "\n" +
            "1 run of notify-sync-failure: step resolve-recipients is asked for, its checkpoints have find-people\n"
            "  like " +
            id(3) + "\n1 run of tell-nobody: no workflow named tell-nobody\n  like " + id(4) +
            "\n\n4 runs replayed: 1 fit this build, 3 do not; nothing was executed\n");
  CHECK(verb({"replay", "--all", "-o", "ids"}) == ExitCode::kReplayMismatch);
  CHECK(out.str() == id(2) + "\n" + id(3) + "\n" + id(4) + "\n");
}

TEST_CASE_METHOD(ReplayFixture, "the report of a corpus is JSON with numbers") {
  storage::commit(store, done(5, "find-people"));
  CHECK(verb({"replay", "--all", "-o", "json"}) == ExitCode::kReplayMismatch);
  CHECK(shown()["replayed"] == 5);
  CHECK(shown()["fit"] == 1);
  CHECK(shown()["misfits"] == 4);
  CHECK(shown()["kinds"][0] ==
        nlohmann::json{
            {"workflow", "notify-sync-failure"}, {"what", kRenamed}, {"runs", 2}, {"examples", {id(2), id(5)}}});
}

TEST_CASE_METHOD(ReplayFixture, "a corpus is all of the file, what has not ended, one workflow or the last days") {
  const auto replayed = [&](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "replay");
    arguments.insert(arguments.end(), {"-o", "json"});
    verb(arguments);
    return shown()["replayed"].get<int>();
  };
  CHECK(replayed({"--unfinished"}) == 2);
  CHECK(replayed({"--workflow", "tell-nobody"}) == 1);
  CHECK(replayed({"--unfinished", "--workflow", "notify-sync-failure"}) == 1);
  storage::commit(store, old(6));
  CHECK(replayed({"--all"}) == 5);
  CHECK(replayed({"--since", "1h"}) == 4);
  CHECK(replayed({"--since", "2001-01-01T00:00:00Z"}) == 5);
  CHECK(replayed({"--from-file", path.c_str()}) == 5);
}

TEST_CASE_METHOD(CorpusFixture, "a corpus that fits ends with 0, and one in which there is nothing with 3") {
  for (const std::vector<const char*>& none :
       std::vector<std::vector<const char*>>{{"--all"}, {"--from-file", path.c_str()}, {"--since", "1h"}}) {
    std::vector<const char*> arguments{"replay"};
    arguments.insert(arguments.end(), none.begin(), none.end());
    CHECK(verb(arguments) == ExitCode::kNotFound);
    CHECK_THAT(err.str(), Catch::Contains("there was no run to replay in " + path));
  }
  CHECK(verb({"replay", "--unfinished"}) == ExitCode::kDone);
  CHECK_THAT(err.str(), Catch::Contains("there was no run to replay"));
  storage::commit(store, done(1));
  CHECK(verb({"replay", "--all"}) == ExitCode::kDone);
  CHECK(out.str() == "1 run replayed: 1 fit this build, 0 do not; nothing was executed\n");
}

TEST_CASE_METHOD(ReplayFixture, "what to replay is said once") {
  CHECK(verb({"replay"}) == ExitCode::kUsage);
  CHECK(verb({"replay", id(1).c_str(), "--all"}) == ExitCode::kUsage);
  CHECK(verb({"replay", "--all", "--unfinished"}) == ExitCode::kUsage);
  CHECK(verb({"replay", "--since", "soon"}) == ExitCode::kUsage);
  CHECK(verb({"replay", "--since", "0s"}) == ExitCode::kUsage);
  CHECK(verb({"replay", "--workflow", "tell-somebody"}) == ExitCode::kNotFound);
  CHECK(verb({"replay", "--from-file", "no/such/file"}) == ExitCode::kRefused);
  CHECK(verb({"replay", id(1).c_str()}) == ExitCode::kDone);
}

TEST_CASE("runs that differ in their items and ids alone do not fit in one way") {
  engine::StoredRun run;
  run.event.id = "6f1c0000-0000-4000-8000-000000000001";
  const std::string user = "0b0c0000-0000-4000-8000-00000000000a";
  run.steps.push_back({.run = 1, .step = {"send-email", user}, .result = "{}"});
  engine::ReplayReport report;
  CHECK(misfit_kind(run, report).empty());
  report.misfit = "step send-email (" + user + "): today's code cannot read its checkpoint: 17 fields of " + user;
  report.mismatches = {"the checkpoint of send-email is never asked for", report.misfit};
  CHECK(misfit_kind(run, report) ==
        "step send-email: today's code cannot read its checkpoint: \xE2\x80\xA6 fields of \xE2\x80\xA6");
  report.misfit = "step a: today's code cannot read its checkpoint: 'Ada' is no \"kind of Bea\"";
  CHECK(misfit_kind(run, report) ==
        "step a: today's code cannot read its checkpoint: '\xE2\x80\xA6' is no \"\xE2\x80\xA6\"");
  report.misfit.clear();
  report.never_asked = {{"send-mail", user}, {"send-mail", "another"}};
  CHECK(misfit_kind(run, report) == "its checkpoints have send-mail, and it is never asked for");
  report.next = {{"find-people", ""}};
  report.misfit = "step send-mail (" + user + "): it waits for an attempt";
  run.retries.push_back({.step = {"send-mail", user}, .error = ""});
  CHECK(misfit_kind(run, report) ==
        "step send-mail: it waits for an attempt; step find-people is asked for, its checkpoints have send-mail");
}

TEST_CASE_METHOD(CorpusFixture, "of ways in which runs do not fit, a hundred are told and the others counted") {
  std::vector<engine::Checkpoint> group;
  for (engine::RunNumber run = 1; run <= 102; ++run) {
    engine::RunStarted record = begun(run, "gone-" + std::string(static_cast<std::size_t>(run), 'x'));
    record.event.id = storage::event_id(run);
    group.emplace_back(record);
  }
  storage::commit(store, group);
  CHECK(verb({"replay", "--all"}) == ExitCode::kReplayMismatch);
  CHECK_THAT(out.str(), Catch::Contains("\nand 2 more ways\n") && Catch::Contains("102 do not"));
  CHECK(verb({"replay", "--all", "-o", "json"}) == ExitCode::kReplayMismatch);
  CHECK(shown()["kinds"].size() == 100);
  CHECK(shown()["more_kinds"] == 2);
}
