// What shells complete after `pawl`.
#pragma once

#include <string>

#include "bin/reference/option_table.h"

namespace pawl::bin {

/// Each a script that the shell loads by itself when it lies where its completions do. Verbs, options and settings,
/// and the values of those that take one of a few words; files elsewhere.
std::string bash_completion(const VerbTable& program);
std::string zsh_completion(const VerbTable& program);
std::string fish_completion(const VerbTable& program);

}  // namespace pawl::bin
