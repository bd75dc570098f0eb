// Words and numbers of /healthz, /readyz and /metrics.
#include "bin/status/page.h"

#include "bin/status/metrics_page.h"

namespace pawl::bin {

namespace {

constexpr engine::Duration kStalledAfter = std::chrono::seconds{10};
// Between a lost lease and the next one, or before the first: each connect and each answer has limits of its own.
constexpr engine::Duration kStalledUnregisteredAfter = std::chrono::minutes{5};

}  // namespace

Page health_page(const WorkerStatus& status, engine::Timestamp now) {
  if (now - status.turned_at <= (status.registered ? kStalledAfter : kStalledUnregisteredAfter))
    return {.body = "ok\n"};
  const auto silent = std::chrono::duration_cast<std::chrono::seconds>(now - status.turned_at).count();
  return {.status = 503, .body = "the engine has not turned for " + std::to_string(silent) + " s\n"};
}

Page readiness_page(const WorkerStatus& status) {
  std::string reasons;
  if (!status.registered)
    reasons += "not registered with the outbox" +
               (status.starting_error.empty() ? std::string(": starting") : ": " + status.starting_error) + "\n";
  if (status.draining) reasons += "draining: nothing new is claimed\n";
  if (!status.runner.outbox_error.empty()) reasons += "outbox: " + status.runner.outbox_error + "\n";
  if (!status.runner.checkpoints_error.empty()) reasons += "checkpoints: " + status.runner.checkpoints_error + "\n";
  for (const std::string& problem : status.application_problems) reasons += "application: " + problem + "\n";
  for (const auto& circuit : status.runner.open_circuits)
    reasons += "step " + circuit.step + " is paused: " + circuit.reason + "\n";
  if (reasons.empty()) return {.body = "ready\n"};
  return {.status = 503, .body = reasons};
}

Page metrics_page(const WorkerStatus& status) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = metrics_text(status)};
}

Page page_of(const std::string& path, const WorkerStatus& status, engine::Timestamp now) {
  if (path == "/healthz") return health_page(status, now);
  if (path == "/readyz") return readiness_page(status);
  if (path == "/metrics") return metrics_page(status);
  return {.status = 404, .body = "not found: try /healthz, /readyz or /metrics\n"};
}

}  // namespace pawl::bin
