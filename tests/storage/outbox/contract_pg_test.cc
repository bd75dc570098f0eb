// The outbox in Postgres keeps the contract.
#include <catch2/catch.hpp>
#include <deque>

#include "tests/engine/testing/outbox_contract.h"
#include "tests/storage/postgres_fixture.h"

using namespace pawl;
using namespace pawl::tests;

namespace {

class PostgresOutboxWorld final : public engine::OutboxWorld {
 public:
  std::string emit(const std::string& type, const std::string& payload) override {
    return database_.value(kEmit, {type, payload});
  }
  std::string emit_late(const std::string& type, const std::function<void()>& meanwhile) override {
    storage::PostgresConnection producer(database_.conninfo);
    std::string id;
    producer.transact("emit and commit late", [&](storage::Transaction& transaction) {
      id = transaction.run(kEmit, {type, "{}"}).string(0, 0);
      meanwhile();
    });
    return id;
  }
  void add_workflow(const std::string& type, const std::string& workflow) override {
    database_.exec("select pawl.add_workflow($1, $2)", {type, workflow});
  }
  std::unique_ptr<engine::Outbox> worker(const std::vector<std::string>& workflows) override {
    return std::make_unique<storage::PostgresOutbox>(
        storage::PostgresOutboxOptions{
            .address = database_.conninfo, .version = "test", .workflows = workflows, .listen = Worker::can_listen()},
        epochs_.emplace_back(0));
  }
  void expire(std::int64_t epoch) override {
    database_.exec("update pawl.workers set expires_at = now() - interval '1 second' where epoch = $1::bigint",
                   {std::to_string(epoch)});
  }
  bool resume(const std::string& id) override {
    return database_.value("select pawl.resume($1::uuid, 'test')", {id}) == "resumed";
  }
  bool cancel(const std::string& id, const std::string& note) override {
    return database_.value("select pawl.cancel($1::uuid, 'test', $2)", {id, note}).starts_with("cancell");
  }
  bool retry_now(const std::string& id) override {
    return database_.value("select pawl.retry_now($1::uuid, 'test')", {id}) == "retrying";
  }
  std::vector<engine::ArchivedEvent> archive() override {
    std::vector<engine::ArchivedEvent> archived;
    for (const auto& row :
         database_.exec("select id, status, coalesce(reason, ''), payload from pawl.outbox_archive order by position"))
      archived.push_back({row[0],
                          row[1] == "done"     ? engine::RunStatus::kDone
                          : row[1] == "failed" ? engine::RunStatus::kFailed
                                               : engine::RunStatus::kCancelled,
                          row[2], row[3]});
    return archived;
  }

 private:
  static constexpr const char* kEmit = "select pawl.emit($1, 'thing', '1', $2::jsonb)";

  PostgresFixture database_;
  std::deque<storage::Epoch> epochs_;
};

}  // namespace

TEST_CASE("the outbox in Postgres keeps the contract") {
  engine::check_contract([] { return std::make_unique<PostgresOutboxWorld>(); });
}
