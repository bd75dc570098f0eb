// `fulfil-order` as a program registers it.
#pragma once

#include <pawl/workflows/module/module.h>

namespace shop {

/// What main names to pawl::bin::run_worker_main.
std::unique_ptr<pawl::workflow::Module> registration(pawl::workflow::Parts& parts);

}  // namespace shop
