// The figures of a worker for Prometheus.
#pragma once

#include <string>

#include "bin/status/board.h"

namespace pawl::bin {

/// Text format 0.0.4; docs/metrics.md says what each is. Pure.
std::string metrics_text(const WorkerStatus& status);

}  // namespace pawl::bin
