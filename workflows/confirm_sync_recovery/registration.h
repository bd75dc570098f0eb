// `confirm-sync-recovery` as a program registers it: settings, migrations, adapters, definition.
#pragma once

#include <memory>

#include "workflows/module/module.h"

namespace pawl::confirm_sync_recovery {

/// What a program that runs the workflow names to pawl::bin::run_worker_main.
std::unique_ptr<workflow::Module> registration(workflow::Parts& parts);

}  // namespace pawl::confirm_sync_recovery
