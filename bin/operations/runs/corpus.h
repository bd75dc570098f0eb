// Recorded runs against this build: which of them its workflows no longer fit, and how.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "engine/authoring/workflow.h"
#include "engine/runs/replay.h"
#include "storage/checkpoints/reader.h"

namespace pawl::bin {

/// Of one run; what no workflow of the build is named for is a mismatch, as it is for the worker that parks it. Pure.
engine::ReplayReport replay_with(std::span<const engine::WorkflowDefinition> build, const engine::StoredRun& run);

/// How a run does not fit, in words that other runs which do not fit in the same way have as well: no ids, no items, no
/// words in quotes.
/// Empty where it fits.
std::string misfit_kind(const engine::StoredRun& run, const engine::ReplayReport& report);

/// Runs of one workflow that do not fit in one way.
struct MisfitKind {
  std::string workflow;
  std::string what;
  std::size_t runs = 0;
  std::vector<std::string> examples;  ///< Ids of the first few.
};
struct CorpusReport {
  std::size_t replayed = 0;
  std::size_t misfits = 0;
  std::vector<MisfitKind> kinds;  ///< The most frequent first, at most a hundred.
  std::size_t more_kinds = 0;     ///< How many others there were.
};

/// Replays every run that passes the filter, one after another; executes no step and sends nothing. `misfit` is called
/// with the id of each that does not fit, as it is found. Throws what reading throws.
CorpusReport replay_corpus(const storage::CheckpointReader& reader, const storage::RunFilter& filter,
                           std::span<const engine::WorkflowDefinition> build,
                           const std::function<void(const std::string& run_id)>& misfit);

}  // namespace pawl::bin
