// Man pages of the program, of each verb, and of the config file.
#pragma once

#include <string>

#include "bin/reference/option_table.h"

namespace pawl::bin {

/// In man(7)'s macros. Pages of verbs refer to the settings on the program's page instead of repeating them.
std::string man_page(const VerbTable& verb);

/// pawl.ini(5): every setting of the program as a key.
std::string config_man_page(const VerbTable& program);

}  // namespace pawl::bin
