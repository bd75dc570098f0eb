// How it reads that a run waits.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "bin/operations/runs/waiting.h"
#include "bin/output/table.h"

namespace pawl::bin {

/// As an object: texts, numbers of attempts, and null for what is not known.
nlohmann::ordered_json waiting_document(const Waiting& one);

/// A row a run.
Table waiting_table(const std::vector<Waiting>& all);

/// As rows of two cells, for the head of a run's story.
std::vector<std::vector<Table::Cell>> waiting_rows(const Waiting& one);

}  // namespace pawl::bin
