// A config file that shows every setting.
#pragma once

#include <string>

#include "bin/reference/option_table.h"

namespace pawl::bin {

/// Each key with its meaning and its default as a comment; those that were given on the command line are set.
std::string config_file(const VerbTable& program);

}  // namespace pawl::bin
