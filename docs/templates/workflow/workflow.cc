// The coroutine, and the one statement that its step writes by.
#include "workflows/say_hello/workflow.h"

#include <utility>

#include "engine/authoring/define.h"
#include "engine/authoring/run.h"
#include "storage/postgres/fence.h"

namespace pawl::say_hello {

namespace {

engine::Workflow say_hello(engine::Run run, Visitor visitor, const engine::Step<Visitor, std::string>& step) {
  co_await run.step(step, visitor);
}

// Under the worker's lease. A second greeting of the event, after a crash before its checkpoint, is refused by the key.
storage::Rows write_greeting(storage::PostgresPool& pool, std::int64_t epoch, const std::string& effects_id,
                             const std::string& text) {
  const std::string sql = "with " + storage::fence() +
                          ", written as (insert into pawl.say_hello_greetings (effects_id, text)"
                          " select $2::uuid, $3 from mine on conflict (effects_id) do nothing) select " +
                          storage::kLeaseHeld;
  return pool.borrow()->run("write greeting", sql, {std::to_string(epoch), effects_id, text});
}

}  // namespace

WriteGreeting::WriteGreeting(const storage::PostgresAddress& address, const storage::Epoch& epoch, std::string words,
                             engine::StepOptions options)
    : ItemStep("write-greeting", options), pool_(address), epoch_(epoch), words_(std::move(words)) {}

std::string WriteGreeting::execute_item(const engine::Item<Visitor, std::string>& item) {
  const std::string text = words_ + ", " + item.input().name;
  const std::int64_t epoch = epoch_;
  const storage::Rows rows = write_greeting(pool_, epoch, item.effects_id(), text);
  storage::require_lease(rows.boolean(0, 0), "write greeting", epoch);
  return text;
}

// Of no worker, so that nothing is written.
void WriteGreeting::check_service() { write_greeting(pool_, 0, "00000000-0000-0000-0000-000000000000", ""); }

engine::WorkflowDefinition definition(engine::Step<Visitor, std::string>& step) {
  return engine::define<Visitor>({
      .name = kWorkflowName,
      .event_type = "say_hello/visitor.came",
      .body = [&step](engine::Run run, Visitor visitor) { return say_hello(run, std::move(visitor), step); },
      .steps = {&step},
  });
}

}  // namespace pawl::say_hello
