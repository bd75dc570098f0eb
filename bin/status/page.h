// What each path of the worker's HTTP side answers, as pure functions of the worker's status.
#pragma once

#include <string>

#include "bin/status/board.h"

namespace pawl::bin {

struct Page {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// 200 while the engine's loop has turned within the last ten seconds; 503 otherwise: restart the process.
Page health_page(const WorkerStatus& status, engine::Timestamp now);

/// 200 when the worker is registered, outbox and checkpoints answer and no step is paused; 503 with the reasons, a line
/// each.
Page readiness_page(const WorkerStatus& status);

/// Prometheus text format 0.0.4.
Page metrics_page(const WorkerStatus& status);

/// The page of a path; 404 for any other.
Page page_of(const std::string& path, const WorkerStatus& status, engine::Timestamp now);

}  // namespace pawl::bin
