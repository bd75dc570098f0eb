// Batches in words, as the verbs print them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bin/operations/changes/batches.h"
#include "bin/output/table.h"

namespace pawl::bin {

/// `resumed` for resume, and so on.
std::string done_word(const std::string& verb);
/// For example `20/s`, `5/m` or `at once`.
std::string rate_text(double rate);
/// For example `120 of 500 runs, 380 to go, running at 50/s, through in 8 s`.
std::string progress_text(const Batch& batch);

/// With numbers as numbers, and null for what there is not.
nlohmann::ordered_json batch_json(const Batch& batch);
/// `name` is what the groups are by: outcome or status.
nlohmann::ordered_json outcomes_json(const std::string& name, const std::vector<BatchOutcome>& outcomes);
Table outcomes_table(const std::string& name, const std::vector<BatchOutcome>& outcomes);

}  // namespace pawl::bin
