// How failures, or whatever else a verb would be about, read by their groups.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "bin/operations/changes/bulk.h"
#include "bin/output/table.h"

namespace pawl::bin {

/// A row a group; as JSON with the sums of what `verb` would act on and would leave out; it is empty where none is
/// meant.
void print_groups(std::ostream& out, const std::string& verb, const std::vector<BulkGroup>& groups,
                  OutputFormat format);

}  // namespace pawl::bin
