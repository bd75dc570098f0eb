// Failed runs, and batches about them.
#pragma once

#include <string>
#include <vector>

#include "tests/storage/postgres_fixture.h"

namespace pawl::tests {

struct BatchFixture : PostgresFixture {
  Worker worker{*this};
  BatchFixture() { worker.open(); }

  // Straight into the archive, since a worker that claims works on batches as well.
  std::vector<std::string> fail(int count, const std::string& reason = "the relay said 550 5.1.1") {
    std::vector<std::string> ids;
    for (const auto& row :
         exec("insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, "
              "status,"
              " reason, workflow, type, aggregatetype, aggregateid, payload, headers)"
              " select n, pawl.new_event_id(), now(), clock_timestamp(), 1, 0, $3::uuid, 'failed', $2, "
              "'handle-test-event',"
              " 'test/event', 'test', '1', '{}', '{}' from generate_series(1, $1::int) n returning id",
              {std::to_string(count), reason, worker.store}))
      ids.push_back(row[0]);
    return ids;
  }
  std::string make(const std::string& filter = "{}", const std::string& rate = "0",
                   const std::string& verb = "resume") {
    return value("select batch from pawl.make_batch($1, $2::jsonb, 'alice', 'relay mended', $3::float8)",
                 {verb, filter, rate});
  }
  std::string work(const std::string& epoch = "null") {
    return value("select acted_on from pawl.work_on_batches(" + epoch + ", 1000)");
  }
  std::string control(const std::string& batch, const std::string& verb, const std::string& request = "") {
    return value("select pawl.control_batch($1::bigint, $2, 'alice', null, nullif($3, '')::uuid)",
                 {batch, verb, request});
  }
  /// A run fails again that was resumed.
  void fail_again(const std::string& id) {
    exec(
        "insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, reason, "
        "workflow,"
        " type, aggregatetype, aggregateid, payload, headers)"
        " select position, id, created_at, 1, resumes, store, 'failed', 'again', workflow, type, aggregatetype,"
        " aggregateid, payload, headers from pawl.outbox where id = $1::uuid",
        {id});
    exec("delete from pawl.outbox where id = $1::uuid", {id});
  }
  std::string failed() { return value("select count(*) from pawl.outbox_archive where status = 'failed'"); }
  std::string waiting() { return value("select count(*) from pawl.outbox"); }
  Table outcomes(const std::string& batch) {
    return exec(
        "select coalesce(outcome, ''), count(*) from pawl.v1_batch_runs where batch = $1::bigint"
        " group by outcome order by outcome",
        {batch});
  }
  std::string reason_shape(const std::string& reason) { return value("select pawl.reason_shape($1)", {reason}); }
};

}  // namespace pawl::tests
