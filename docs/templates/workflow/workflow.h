// The workflow `say-hello`: who comes is greeted, by a row. Its one step is here to be replaced.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/authoring/item_step.h"
#include "engine/authoring/workflow.h"
#include "storage/postgres/epoch.h"
#include "storage/postgres/pool.h"

namespace pawl::say_hello {

inline constexpr const char* kWorkflowName = "say-hello";

/// The payload of `say_hello/visitor.came`.
struct Visitor {
  std::string name;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Visitor, name)

/// Outlives the worker's runs. Its output is what was written.
class WriteGreeting final : public engine::ItemStep<Visitor, std::string> {
 public:
  WriteGreeting(const storage::PostgresAddress& address, const storage::Epoch& epoch, std::string words,
                engine::StepOptions options);
  std::string execute_item(const engine::Item<Visitor, std::string>& item) override;
  void check_service() override;

 private:
  storage::PostgresPool pool_;
  const storage::Epoch& epoch_;
  const std::string words_;
};

/// Of the step that writes the greeting, which outlives the runner.
engine::WorkflowDefinition definition(engine::Step<Visitor, std::string>& step);

}  // namespace pawl::say_hello
