// The module of the workflow: its setting, its retries, its migrations, its step.
#include "workflows/say_hello/registration.h"

#include <say_hello_migrations.h>  // made by pawl_add_migrations

#include <optional>
#include <string>
#include <vector>

#include "workflows/say_hello/workflow.h"

namespace pawl::say_hello {

namespace {

class SayHello final : public workflow::Module {
 public:
  std::string name() const override { return kWorkflowName; }
  bool is_optional() const override { return true; }  // runs where `--workflows` names it; without this: everywhere
  std::vector<workflow::Setting> settings() override {
    return {{"say-hello-words", &words_, "What to say; default Hello"}};
  }
  std::vector<workflow::StepRetry> retries() override { return {{"write-greeting", options_.retry}}; }
  storage::MigrationLines migrations() const override { return {&storage::say_hello_migrations()}; }

  engine::WorkflowDefinition open(const workflow::WorkerContext& worker) override {
    step_.emplace(worker.address, worker.epoch, words_, options_);
    return definition(*step_);
  }
  void check_access() override { step_->check_service(); }

 private:
  std::string words_ = "Hello";
  engine::StepOptions options_;
  std::optional<WriteGreeting> step_;
};

}  // namespace

std::unique_ptr<workflow::Module> registration(workflow::Parts&) { return std::make_unique<SayHello>(); }

}  // namespace pawl::say_hello
