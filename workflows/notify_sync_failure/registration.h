// `notify-sync-failure` as a program registers it: settings, migrations, adapters, definition.
#pragma once

#include <memory>

#include "workflows/module/module.h"

namespace pawl::notify_sync_failure {

/// What a program that runs the workflow names to pawl::bin::run_worker_main.
std::unique_ptr<workflow::Module> registration(workflow::Parts& parts);

}  // namespace pawl::notify_sync_failure
