// Isolation of the poison item by halving.
#include "engine/batch_execution.h"

#include <vector>

#include "engine/errors.h"
#include "engine/poison_point.h"
#include "engine/run_state.h"

namespace pawl::engine {

namespace {

std::vector<Execution*> unsettled(std::span<Execution* const> batch) {
  std::vector<Execution*> rest;
  for (Execution* execution : batch)
    if (std::holds_alternative<Unsettled>(execution->outcome)) rest.push_back(execution);
  return rest;
}

void settle(std::span<Execution* const> batch, const Outcome& outcome) {
  for (Execution* execution : batch) execution->outcome = outcome;
}

std::string isolate(StepBase& step, const std::vector<Execution*>& rest, const Outcome& alone) {
  if (rest.size() <= 1) {
    settle(rest, alone);
    return {};
  }
  const std::span<Execution* const> all(rest);
  const std::size_t half = rest.size() / 2;
  std::string lost = execute_batch(step, all.first(half));
  return lost.empty() ? execute_batch(step, all.subspan(half)) : lost;
}

}  // namespace

std::string execute_batch(StepBase& step, std::span<Execution* const> batch) {
  for (const Execution* execution : batch) poison_point(execution->run->stored.event.aggregate_id, step.name());
  try {
    step.execute_untyped(batch);
    return {};
  } catch (const LeaseLostError& error) {
    return error.what();
  } catch (const UnavailableError& error) {
    settle(unsettled(batch), ServiceDown{error.what()});
    return {};
  } catch (const RefusedError& error) {  // no item's fault: paused until somebody has acted
    settle(unsettled(batch), ServiceDown{error.what()});
    return {};
  } catch (const PermanentError& error) {
    return isolate(step, unsettled(batch), FailedForGood{error.what()});
  } catch (const std::exception& error) {  // a step may throw anything; one item's error must not end the worker
    return isolate(step, unsettled(batch), FailedForNow{error.what(), {}});
  }
}

}  // namespace pawl::engine
