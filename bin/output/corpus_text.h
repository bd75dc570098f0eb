// How a replay of many runs reads: what does not fit, by kind, and the counts.
#pragma once

#include <ostream>

#include "bin/operations/runs/corpus.h"
#include "bin/output/table.h"

namespace pawl::bin {

/// As text for people, or as one JSON object.
void print_corpus(std::ostream& out, const CorpusReport& corpus, OutputFormat format);

}  // namespace pawl::bin
