// The outbox in memory keeps the contract.
#include "engine/testing/memory_outbox.h"

#include <catch2/catch.hpp>

#include "tests/engine/testing/outbox_contract.h"

using namespace pawl::engine;
using pawl::testing::MemoryOutbox;
using pawl::testing::MemoryOutboxTable;

namespace {

class MemoryOutboxWorld final : public OutboxWorld {
 public:
  std::string emit(const std::string& type, const std::string& payload) override { return table_.emit(type, payload); }
  std::string emit_late(const std::string& type, const std::function<void()>& meanwhile) override {
    std::string id = table_.emit(type);
    auto uncommitted = table_.rows.extract(std::prev(table_.rows.end()));
    meanwhile();
    table_.rows.insert(std::move(uncommitted));
    return id;
  }
  void add_workflow(const std::string& type, const std::string& workflow) override {
    table_.add_workflow({type, workflow});
  }
  std::unique_ptr<Outbox> worker(const std::vector<std::string>&) override {
    return std::make_unique<MemoryOutbox>(table_);
  }
  void expire(std::int64_t epoch) override { table_.bury(epoch); }
  bool resume(const std::string& id) override { return table_.resume(id); }
  bool cancel(const std::string& id, const std::string& note) override { return table_.cancel(id, "test", note); }
  bool retry_now(const std::string& id) override { return table_.retry_now(id, "test"); }
  std::vector<ArchivedEvent> archive() override {
    std::map<std::int64_t, ArchivedEvent> by_position;
    for (const auto& ended : table_.archive)
      by_position[ended.event.position] = {ended.event.id, ended.status, ended.reason, ended.event.payload};
    std::vector<ArchivedEvent> archived;
    for (const auto& [position, event] : by_position) archived.push_back(event);
    return archived;
  }

 private:
  MemoryOutboxTable table_;
};

}  // namespace

TEST_CASE("the outbox in memory keeps the contract") {
  check_contract([] { return std::make_unique<MemoryOutboxWorld>(); });
}
