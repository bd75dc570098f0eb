// Must not compile: g++ 12 destroys a temporary inside a co_await expression twice.
#include "engine/authoring/run.h"

struct Input {
  std::string text;
};

pawl::engine::Workflow forbidden(pawl::engine::Run run, const pawl::engine::Step<Input, int>& step) {
  co_await run.step(step, Input{"temporary"});
}
