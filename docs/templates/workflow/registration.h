// `say-hello` as a program registers it.
#pragma once

#include <memory>

#include "workflows/module/module.h"

namespace pawl::say_hello {

/// What a program that runs the workflow names to pawl::bin::run_worker_main.
std::unique_ptr<workflow::Module> registration(workflow::Parts& parts);

}  // namespace pawl::say_hello
