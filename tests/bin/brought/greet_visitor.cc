// The workflow with its step, its line of migrations and its module.
#include "tests/bin/brought/greet_visitor.h"

#include <array>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/authoring/errors.h"
#include "engine/authoring/run.h"
#include "engine/authoring/step.h"
#include "storage/postgres/connection.h"

namespace pawl::tests {

namespace {

struct Greeting {
  std::string event_id, name;
};
struct Greeted {
  std::string text;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Greeted, text)

constexpr const char* kCreateGreetings =
    "create table pawl.greetings (event_id uuid primary key, text text not null);\n"
    "comment on table pawl.greetings is 'What was said to whom came.';\n";
constexpr std::array<storage::Migration, 1> kMigrations{{{1, "001_create_greetings.sql", kCreateGreetings}}};
constexpr storage::MigrationLine kLine{.name = "greet_visitor", .migrations = kMigrations};

class WriteGreeting final : public engine::Step<Greeting, Greeted> {
 public:
  WriteGreeting(storage::PostgresAddress address, const std::string& words, engine::StepOptions options)
      : Step("write-greeting", options), address_(std::move(address)), words_(words) {}
  void execute(engine::Batch<Greeting, Greeted>& batch) override {
    storage::PostgresConnection connection(address_);
    for (auto& item : batch) {
      if (item.input().name == "nobody") {
        item.fail("nobody is not greeted");
        continue;
      }
      const std::string text = words_ + ", " + item.input().name;
      connection.run("write greeting",
                     "insert into pawl.greetings values ($1::uuid, $2) on conflict (event_id) do nothing",
                     {item.input().event_id, text});
      item.succeed({text});
    }
  }

 private:
  const storage::PostgresAddress address_;
  const std::string words_;
};

engine::Workflow greet(engine::Run run, Greeting greeting, const WriteGreeting& step) {
  co_await run.step(step, greeting);
}

class GreetVisitor final : public workflow::Module {
 public:
  std::string name() const override { return "greet-visitor"; }
  std::string aggregate_type() const override { return "building"; }
  std::vector<workflow::Setting> settings() override {
    return {{.name = "greeting",
             .value = &words_,
             .meaning = "What to say; required",
             .required = "what to say, like Welcome",
             .in_replay = "Hello"}};
  }
  std::vector<workflow::StepRetry> retries() override { return {{"write-greeting", options_.retry}}; }
  storage::MigrationLines migrations() const override { return {&kLine}; }

  engine::WorkflowDefinition open(const workflow::WorkerContext& worker) override {
    step_.emplace(worker.address, words_, options_);
    const auto start = [this](engine::Run run, const engine::Event& event) {
      const auto payload = nlohmann::json::parse(event.payload, nullptr, false);
      if (!payload.is_object() || !payload.contains("name")) throw engine::PermanentError("payload: it has no name");
      return greet(run, {event.id, payload["name"].get<std::string>()}, *step_);
    };
    return {.name = name(), .event_type = "test/visitor.came", .start = start, .steps = {&*step_}};
  }

 private:
  std::string words_;
  engine::StepOptions options_;
  std::optional<WriteGreeting> step_;
};

// Of the same events, with another step of the same name.
class NoteVisitor final : public workflow::Module {
 public:
  std::string name() const override { return "note-visitor"; }
  bool is_optional() const override { return true; }
  storage::MigrationLines migrations() const override { return {&kLine}; }
  engine::WorkflowDefinition open(const workflow::WorkerContext& worker) override {
    step_.emplace(worker.address, words_, engine::StepOptions{});
    const auto start = [this](engine::Run run, const engine::Event& event) {
      if (event.payload.find("shy") != std::string::npos) throw engine::PermanentError("the shy are not noted");
      return greet(run, {event.id, "a visitor"}, *step_);
    };
    return {.name = name(), .event_type = "test/visitor.came", .start = start, .steps = {&*step_}};
  }

 private:
  const std::string words_ = "Noted";
  std::optional<WriteGreeting> step_;
};

class CountVisitor final : public workflow::Module {
 public:
  std::string name() const override { return "count-visitor"; }
  bool is_optional() const override { return true; }
  storage::MigrationLines migrations() const override {
    static constexpr std::array<storage::Migration, 1> kOwn{{{1, "001_create_counts.sql", "select"}}};
    static constexpr storage::MigrationLine kOwnLine{.name = "count_visitor", .migrations = kOwn};
    return {&kOwnLine};
  }
  engine::WorkflowDefinition open(const workflow::WorkerContext&) override {
    const auto start = [](engine::Run, const engine::Event&) -> engine::Workflow {
      throw engine::PermanentError("it counts nobody");
    };
    return {.name = name(), .event_type = "test/visitor.counted", .start = start, .steps = {}};
  }
};

}  // namespace

std::unique_ptr<workflow::Module> greet_visitor(workflow::Parts&) { return std::make_unique<GreetVisitor>(); }
std::unique_ptr<workflow::Module> note_visitor(workflow::Parts&) { return std::make_unique<NoteVisitor>(); }
std::unique_ptr<workflow::Module> count_visitor(workflow::Parts&) { return std::make_unique<CountVisitor>(); }

}  // namespace pawl::tests
