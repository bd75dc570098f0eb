// The option --limit of a verb that lists, and what is said of what it left out.
#pragma once

#include <cstddef>

#include "bin/output/console.h"
#include "bin/output/table.h"

namespace CLI {
class Option;
}

namespace pawl::bin {

/// Ids are for another verb, which is to get all of them, unless a limit was given.
void lift_limit_for_ids(OutputFormat format, const CLI::Option& limit, std::size_t& most);

/// Where what was left out is not counted.
void tell_may_be_more(std::size_t shown, Console& console);

}  // namespace pawl::bin
