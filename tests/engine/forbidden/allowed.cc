// Must compile: the same shapes with named locals, as the control of the ones beside it.
#include "engine/authoring/run.h"

pawl::engine::Workflow allowed(pawl::engine::Run run, const pawl::engine::Step<std::string, int>& step) {
  const std::string input = "named";
  const int out = co_await run.step(step, input);
  const std::vector<std::string> inputs(3, std::to_string(out));
  const auto started = run.start_each(step, inputs);
  const auto alone = run.start(step, input);
  co_await run.all(started, alone);
}
