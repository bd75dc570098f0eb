// Isolation of the poison item by halving.
#include "engine/dispatch/batch_execution.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "engine/authoring/errors.h"
#include "engine/faults/poison_point.h"
#include "engine/runs/run_state.h"

namespace pawl::engine {

namespace {

constexpr const char* kNoException = "the step threw something that is no std::exception";

std::vector<Execution*> unsettled(std::span<Execution* const> batch) {
  std::vector<Execution*> rest;
  for (Execution* execution : batch)
    if (std::holds_alternative<Unsettled>(execution->outcome)) rest.push_back(execution);
  return rest;
}

void settle(std::span<Execution* const> batch, const Outcome& outcome) {
  for (Execution* execution : batch) execution->outcome = outcome;
}

// Open files, threads, memory maps: the process has none left, which is nobody's fault.
bool out_of_resources(const std::system_error& error) {
  for (const std::errc condition : {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
                                    std::errc::resource_unavailable_try_again, std::errc::not_enough_memory})
    if (error.code() == condition) return true;
  return false;
}

void pause(std::span<Execution* const> batch, const std::string& why) { settle(unsettled(batch), ServiceDown{why}); }

bool of_one_tenant(const StepBase& step, const std::vector<Execution*>& batch) {
  return std::all_of(batch.begin(), batch.end(), [&](const Execution* execution) {
    return step.tenant_of(*execution) == step.tenant_of(*batch.front());
  });
}

// Whom it concerns shows by what becomes of others. A tenant that was alone has none to compare by: if the service
// refuses to be asked for nothing, it is not the tenant's.
std::string find_whom_it_concerns(StepBase& step, const std::vector<Execution*>& rest, const ServiceError& error) try {
  if (rest.empty()) return {};
  const bool one_tenant = of_one_tenant(step, rest);
  if (one_tenant) step.check_service();
  settle(rest, CallRefused{error.what(), rest.size(), one_tenant, error.concerns() == Concerns::kPresumed});
  return {};
} catch (const LeaseLostError& lost) {
  return lost.what();
} catch (const std::exception& refusal) {  // it does not work for anybody
  pause(rest, refusal.what());
  return {};
} catch (...) {
  pause(rest, kNoException);
  return {};
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
  } catch (const ServiceError& error) {
    if (error.concerns() != Concerns::kEverybody) return find_whom_it_concerns(step, unsettled(batch), error);
    pause(batch, error.what());
    return {};
  } catch (const PermanentError& error) {
    return isolate(step, unsettled(batch), FailedForGood{error.what(), error.code()});
  } catch (const WorkflowBug& error) {  // the same code would do it again
    return isolate(step, unsettled(batch), FailedForGood{error.what()});
  } catch (const std::system_error& error) {
    if (!out_of_resources(error)) return isolate(step, unsettled(batch), FailedForNow{error.what(), {}});
    pause(batch, error.what());
    return {};
  } catch (const std::exception& error) {  // a step may throw anything; one item's error must not end the worker
    return isolate(step, unsettled(batch), FailedForNow{error.what(), {}, code_of(error)});
  } catch (...) {
    return isolate(step, unsettled(batch), FailedForNow{kNoException, {}});
  }
}

}  // namespace pawl::engine
