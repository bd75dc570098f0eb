// The runs a verb was given: full ids, unambiguous beginnings or ends, or `-` for ids on standard input.
#pragma once

#include <istream>
#include <string>
#include <vector>

#include "storage/checkpoints/reader.h"

namespace pawl::bin {

/// A UUID in its canonical lower-case form.
bool is_full_id(const std::string& text);

/// `-` stands for every word of `in`. The order is kept, repetitions are dropped. Throws UsageError when none is left.
std::vector<std::string> expand_ids(const std::vector<std::string>& arguments, std::istream& in);

/// The one run whose id begins or ends with `part`. Throws NotFoundError for none and UsageError listing the candidates
/// for several.
std::string resolve_id(const storage::CheckpointReader& reader, const std::string& part);

/// The setting, or the default place.
std::string checkpoints_path(const std::string& setting);

}  // namespace pawl::bin
