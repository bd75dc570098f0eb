// `pawl prune` as a process: what goes, what stays, and what it says while a worker has the file open.
#include <SQLiteCpp/SQLiteCpp.h>

#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bin/worker/job.h"

using namespace pawl::bin;

namespace {

struct PruneFixture {
  Job job;

  /// A failed sync that was told, as if it had been so many days ago.
  std::string told(int days_ago) {
    job.organisation.fail_sync();
    REQUIRE(job.work().code == 0);
    const std::string id =
        job.database.value("select event_id from pawl.v1_events order by created_at desc, position desc limit 1");
    age(id, days_ago);
    return id;
  }
  void age(const std::string& id, int days_ago) {
    const std::string days = std::to_string(days_ago);
    job.database.exec(
        "select pawl.create_archive_month(date_trunc('month', (now() - $1::int * interval '1 day') at time zone "
        "'UTC'))",
        {days});
    for (const char* sql :
         {"update pawl.outbox_archive set finished_at = now() - $1::int * interval '1 day' where id = $2::uuid",
          "update pawl.email_deliveries set claimed_at = now() - $1::int * interval '1 day',"
          " settled_at = now() - $1::int * interval '1 day' where event_id = $2::uuid"})
      job.database.exec(sql, {days, id});
  }
  nlohmann::json pruned(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"prune", "-o", "json"});
    const Completed done = job.pawl(arguments);
    CAPTURE(done.err);
    REQUIRE(done.code == 0);
    return nlohmann::json::parse(done.out);
  }
  static nlohmann::json rows_of(const nlohmann::json& lines, const std::string& what) {
    for (const auto& line : lines)
      if (line["what"] == what) return line["rows"];
    return "no such line";
  }
  std::string mails() { return job.database.value("select count(*) from pawl.email_deliveries"); }
};

}  // namespace

TEST_CASE_METHOD(PruneFixture,
                 "what would go is said first and changes nothing, then goes, and a second time there is nothing") {
  told(200);
  const std::string mails_before = mails();
  const auto would = pruned({"--dry-run", "--archive-retention", "90d"});
  CHECK(rows_of(would, "archived events") == 1);
  CHECK(rows_of(would, "mails") == 2);
  CHECK(rows_of(would, "failed events") == 0);
  CHECK(rows_of(would, "ended runs") == 0);  // its run ended today
  CHECK(mails() == mails_before);
  const auto did = pruned({"--archive-retention", "90d"});
  CHECK(rows_of(did, "archived months") == 1);
  CHECK(rows_of(did, "mails") == 2);
  CHECK(mails() == "0");
  CHECK(rows_of(pruned({"--archive-retention", "90d"}), "mails") == 0);
}

TEST_CASE_METHOD(PruneFixture, "of each kind of rows as many go as were said to, however many steps that takes") {
  const std::string id = told(200);
  for (const char* sql :
       {"insert into pawl.outbox_archive (position, id, effects_of, created_at, finished_at, deliveries, resumes, "
        "store,"
        " status, workflow, type, aggregatetype, aggregateid, payload, headers) select 1, gen_random_uuid(), $1::uuid,"
        " now(), now(), 1, 0, gen_random_uuid(), 'done', 'w', 't', 'a', '1', '{}', '{}'",
        "insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status,"
        " workflow, type, aggregatetype, aggregateid, payload, headers) select 1, gen_random_uuid(), now(),"
        " now() - interval '150 days', 1, 0, gen_random_uuid(), 'done', 'w', 't', 'a', '1', '{}', '{}'",
        "insert into pawl.takeovers (at, from_epoch, by_epoch, runs) select now() - interval '200 days', 1, 2, 3"
        " from generate_series(1, 25)",
        "insert into pawl.takeover_runs select (select min(takeover) from pawl.takeovers), gen_random_uuid()"
        " from generate_series(1, 2500)",
        "insert into pawl.pauses (epoch, step, workflows, reason, since, ended_at) select 1, 's', '{w}', 'r',"
        " now() - interval '201 days', now() - interval '200 days' from generate_series(1, 2500)",
        "insert into pawl.batches (verb, filter, requested_by, runs, taken, finished_at, state) select 'resume', '{}',"
        " 'me', 2, 2, now() - interval '200 days', 'done' from generate_series(1, 2)",
        "insert into pawl.batch_runs (batch, place, run_id) select b.id, n, case when n = b.id then $1::uuid"
        " else gen_random_uuid() end from pawl.batches b, generate_series(1, 2) n where b.id = 1",
        "insert into pawl.commands (verb, event_id, requested_by, requested_at, outcome) select 'resume', e, 'me',"
        " now() - interval '200 days', 'resumed' from unnest(array[$1::uuid, gen_random_uuid()]) e"})
    job.database.exec(sql, std::string(sql).find("$1") == std::string::npos ? std::vector<std::string>{}
                                                                            : std::vector<std::string>{id});
  const auto would = pruned({"--dry-run", "--archive-retention", "90d"});
  const auto did = pruned({"--archive-retention", "90d"});
  for (const auto& [what, rows] : std::map<std::string, int>{{"archived events", 2},
                                                             {"batches", 2},
                                                             {"commands", 1},
                                                             {"mails", 0},
                                                             {"pauses", 2500},
                                                             {"takeovers", 2525}}) {
    CAPTURE(what);
    CHECK(rows_of(would, what) == rows);
    CHECK(rows_of(did, what) == rows);
  }
  CHECK(rows_of(did, "archived months") == 1);
}

TEST_CASE_METHOD(PruneFixture,
                 "P2: an event that is delivered again after everything else was pruned finds what it did") {
  const std::string id = told(200);
  const std::string told_then = job.database.value("select count(*) from notifications");
  CHECK(rows_of(pruned({"--archive-retention", "365d", "--retention", "1m"}), "mails") == 0);
  std::vector<std::string> event =
      job.database.exec("select type, aggregatetype, aggregateid, payload, id from pawl.outbox_archive").at(0);
  const auto emit_again = [&] {
    job.database.exec("select pawl.emit($1, $2, $3, $4::jsonb, $5::uuid)", event);
    return job.database.value("select count(*) from pawl.outbox");
  };
  CHECK(event.back() == id);
  CHECK(emit_again() == "0");
  // checkpoints and the archive's month are gone, and the worker died before it came to the mails
  job.lose_store();
  job.database.exec("select pawl.maintain_archive('90 days')");
  CHECK(emit_again() == "1");
  job.database.exec("select pawl.prune('90 days', 1000)");
  REQUIRE(job.work().code == 0);
  CHECK(job.database.value("select count(*) from notifications") == told_then);
  CHECK(job.database.value("select count(*) || ' ' || max(attempts) from pawl.email_deliveries") == "2 1");
}

TEST_CASE_METHOD(PruneFixture,
                 "a file that a worker has open is left to that worker, and Postgres' part goes all the same") {
  told(200);
  PawlProcess worker({"worker"}, job.environment({{"PAWL_LOG_LEVEL", "info"}}));
  REQUIRE(eventually([&] { return worker.err().find("worker registered") != std::string::npos; }));
  const auto did = pruned({"--archive-retention", "90d"});
  for (const auto& line : did)
    if (line["what"] == "ended runs") {
      CHECK(line["rows"].is_null());
      CHECK(line["detail"] == "left to the worker that has the file open, which does it each hour");
    }
  CHECK(mails() == "0");
}

TEST_CASE_METHOD(PruneFixture, "a worker logs of each kind of rows how many it has removed") {
  told(200);
  PawlProcess worker({"worker", "--archive-retention", "90d"}, job.environment({{"PAWL_LOG_LEVEL", "info"}}));
  REQUIRE(eventually([&] { return mails() == "0"; }));
  CHECK(eventually([&] {
    const std::string log = worker.err();
    return log.find("removed what is older than archive-retention") != std::string::npos &&
           log.find("mails") != std::string::npos;
  }));
}

TEST_CASE_METHOD(PruneFixture, "retentions of zero keep everything, and say so") {
  told(200);
  for (const auto& line : pruned({"--archive-retention", "0s", "--retention", "0s"}))
    CHECK(line["detail"] == "kept for ever: its retention is 0");
  CHECK(mails() == "2");
}

TEST_CASE_METHOD(PruneFixture, "a file of an older pawl is refused, and no migration is applied to it") {
  told(200);
  std::string table, application;
  {
    SQLite::Database made(job.checkpoints(), SQLite::OPEN_READONLY);
    table = made.execAndGet("select sql from sqlite_schema where name = 'migrations'").getString();
    application = made.execAndGet("pragma application_id").getString();
  }
  job.lose_store();
  {
    SQLite::Database older(job.checkpoints(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    older.exec(table);
    older.exec("pragma application_id = " + application);
  }
  const Completed refused = job.pawl({"prune"});
  CHECK(refused.code == 4);
  CHECK_THAT(refused.err, Catch::Contains("they are of an older pawl"));
  SQLite::Database left(job.checkpoints(), SQLite::OPEN_READONLY);
  CHECK(left.execAndGet("select count(*) from sqlite_schema where type = 'table'").getInt() == 1);
}
