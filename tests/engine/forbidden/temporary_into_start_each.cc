// Must not compile: the inputs of a fan-out are a named local, never a temporary.
#include "engine/authoring/run.h"

pawl::engine::Workflow forbidden(pawl::engine::Run run, const pawl::engine::Step<std::string, int>& step) {
  const auto started = run.start_each(step, std::vector<std::string>(3));
  co_await run.all(started);
}
