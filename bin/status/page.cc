// Words and numbers of /healthz, /readyz and /metrics.
#include "bin/status/page.h"

#include <algorithm>

#include "bin/settings/version.h"

namespace pawl::bin {

namespace {

constexpr engine::Duration kStalledAfter = std::chrono::seconds{10};

class Metrics {
 public:
  void add(const char* name, const char* type, const char* help, std::uint64_t value) {
    head(name, type, help);
    sample(name, "", value);
  }
  void head(const std::string& name, const char* type, const char* help) {
    text_ += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  void sample(const std::string& name, const std::string& labels, std::uint64_t value) {
    text_ += name + labels + " " + std::to_string(value) + "\n";
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

bool is_open(const engine::RunnerStatus& runner, const std::string& step) {
  return std::any_of(runner.open_circuits.begin(), runner.open_circuits.end(),
                     [&](const engine::CircuitStatus& circuit) { return circuit.step == step; });
}

}  // namespace

Page health_page(const WorkerStatus& status, engine::Timestamp now) {
  // Before it is registered the worker may be blocked in a connect; that is not a stall.
  if (!status.registered || now - status.turned_at <= kStalledAfter) return {.body = "ok\n"};
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
  const engine::RunnerStatus& runner = status.runner;
  Metrics metrics;
  metrics.head("pawl_build_info", "gauge", "Always 1; the version is the label.");
  std::string version = "{version=\"";  // appended: g++ 12 warns about a bound it invents where these are added with +
  version += kVersion;
  version += "\"}";
  metrics.sample("pawl_build_info", version, 1);
  metrics.add("pawl_events_claimed_total", "counter", "Events claimed from the outbox.", runner.claimed);
  metrics.add("pawl_runs_done_total", "counter", "Runs that ended done.", runner.done);
  metrics.add("pawl_runs_done_with_note_total", "counter",
              "Runs that ended done and note what was left out: nobody to tell, a mail not sent.",
              runner.done_with_note);
  metrics.add("pawl_runs_failed_total", "counter", "Runs that ended failed.", runner.failed);
  metrics.add("pawl_attempts_failed_total", "counter", "Attempts of steps that failed.", runner.attempts_failed);
  metrics.add("pawl_checkpoint_groups_total", "counter", "Group commits of checkpoints.", runner.checkpoint_groups);
  metrics.add("pawl_runs_moving", "gauge", "Runs in memory.", runner.moving);
  metrics.add("pawl_runs_waiting", "gauge", "Runs waiting for a backoff or a paused step.", runner.waiting);
  metrics.add("pawl_registered", "gauge", "1 while the worker holds an epoch.", status.registered ? 1 : 0);
  metrics.add("pawl_draining", "gauge", "1 once the worker was asked to stop.", status.draining ? 1 : 0);
  metrics.add("pawl_outbox_up", "gauge", "1 while the outbox answers.",
              status.registered && runner.outbox_error.empty() ? 1 : 0);
  metrics.add("pawl_checkpoints_up", "gauge", "1 while checkpoints can be written.",
              runner.checkpoints_error.empty() ? 1 : 0);
  metrics.add("pawl_application_up", "gauge", "1 while failed syncs become events and nobody is hidden from pawl.",
              status.application_problems.empty() ? 1 : 0);
  metrics.head("pawl_step_paused", "gauge", "1 while the step's service is down and its executions are held.");
  for (const auto& step : status.steps)
    metrics.sample("pawl_step_paused", "{step=\"" + step + "\"}", is_open(runner, step) ? 1 : 0);
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = std::move(metrics).text()};
}

Page page_of(const std::string& path, const WorkerStatus& status, engine::Timestamp now) {
  if (path == "/healthz") return health_page(status, now);
  if (path == "/readyz") return readiness_page(status);
  if (path == "/metrics") return metrics_page(status);
  return {.status = 404, .body = "not found: try /healthz, /readyz or /metrics\n"};
}

}  // namespace pawl::bin
