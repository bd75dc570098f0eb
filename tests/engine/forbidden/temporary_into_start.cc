// Must not compile: an input is a named local, never a temporary.
#include "engine/authoring/run.h"

pawl::engine::Workflow forbidden(pawl::engine::Run run, const pawl::engine::Step<std::string, int>& step) {
  const auto started = run.start(step, std::string("temporary"));
  co_await run.all(started);
}
