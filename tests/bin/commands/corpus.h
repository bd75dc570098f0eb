// A checkpoint file with runs of notify-sync-failure: some as this build left them, some as another did.
#pragma once

#include "storage/checkpoints/sqlite_checkpoints.h"
#include "tests/bin/commands/fixture.h"
#include "tests/storage/checkpoints/samples.h"

namespace pawl::bin {

struct CorpusFixture : CommandLineFixture {
  static constexpr const char* kPayload =
      R"({"org_id": "0a0c0000-0000-4000-8000-000000000002", "connection_id": "0c0c0000-0000-4000-8000-000000000003",)"
      R"( "sync_log_id": "0d0c0000-0000-4000-8000-000000000004", "provider": "reapit",)"
      R"( "error_message": "password=hunter2hunter2 of ada@example.com", "occurred_at": "2026-11-24T03:00:00Z"})";
  static constexpr const char* kNobody = R"({"org_name":"Acme","user_ids":[]})";

  const std::string path = directory.path() + "/checkpoints.db";
  storage::SqliteCheckpoints store{path};  // as a worker has it open

  static std::string id(engine::RunNumber run) {
    return "019abd4c-0e55-7a01-8000-0000000000" + std::to_string(10 + run);
  }
  static engine::RunStarted begun(engine::RunNumber run, const std::string& workflow = "notify-sync-failure") {
    engine::RunStarted record = storage::started(run);
    record.event.workflow = workflow;
    record.event.id = id(run);
    record.event.type = "pms/connection.sync.failed";
    record.event.payload = kPayload;
    record.at = engine::SystemClock().now();
    return record;
  }
  /// A run that found nobody to tell, under the name that its build had for the step.
  std::vector<engine::Checkpoint> done(engine::RunNumber run, const std::string& step = "resolve-recipients") const {
    engine::RunEnded end = storage::ended(run, engine::RunStatus::kDone);
    end.at = engine::SystemClock().now();
    return {begun(run), storage::settled(run, {step, ""}, kNobody),
            storage::settled(run, {"create-in-app", ""}, R"({"rows":0})"), end};
  }
  /// A run that began now and ended two days ago.
  static std::vector<engine::Checkpoint> old(engine::RunNumber run) {
    engine::RunEnded end = storage::ended(run, engine::RunStatus::kDone);
    end.at = engine::SystemClock().now() - std::chrono::hours{48};
    return {begun(run), end};
  }
  ExitCode verb(std::vector<const char*> arguments) {
    arguments.insert(arguments.end(), {"--checkpoints", path.c_str()});
    out.str("");
    err.str("");
    return run(arguments);
  }
  nlohmann::json shown() const { return nlohmann::json::parse(out.str()); }
};

}  // namespace pawl::bin
