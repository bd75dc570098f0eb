// A second workflow, as small as one can be: a visitor's arrival becomes a row with a greeting.
#pragma once

#include <memory>

#include "workflows/module/module.h"

namespace pawl::tests {

std::unique_ptr<workflow::Module> greet_visitor(workflow::Parts& parts);

/// Of the same events; runs only where it is named.
std::unique_ptr<workflow::Module> note_visitor(workflow::Parts& parts);

/// Runs only where it is named; has a setting and a line of migrations of its own all the same.
std::unique_ptr<workflow::Module> count_visitor(workflow::Parts& parts);

}  // namespace pawl::tests
