// Names, types and help of every metric, in the order of docs/metrics.md.
#include "bin/status/metrics_page.h"

#include <algorithm>
#include <map>

#include "bin/settings/version.h"
#include "bin/status/exposition.h"

namespace pawl::bin {

namespace {

constexpr double kMicroseconds = 1e6;
constexpr double kPlain = 1;

bool is_open(const engine::RunnerStatus& runner, const std::string& step) {
  return std::any_of(runner.open_circuits.begin(), runner.open_circuits.end(),
                     [&](const engine::CircuitStatus& circuit) { return circuit.step == step; });
}

void add_worker(Exposition& page, const WorkerStatus& status) {
  const engine::RunnerStatus& runner = status.runner;
  page.head("pawl_build_info", "gauge", "Always 1; the version is the label.");
  page.sample("pawl_build_info", {{"version", kVersion}}, std::uint64_t{1});
  page.add("pawl_events_claimed_total", "counter", "Events claimed from the outbox.", runner.claimed);
  page.add("pawl_runs_done_total", "counter", "Runs that ended done.", runner.done);
  page.add("pawl_runs_done_with_note_total", "counter",
           "Runs that ended done and note what was left out: nobody to tell, a mail not sent.", runner.done_with_note);
  page.add("pawl_runs_failed_total", "counter", "Runs that ended failed.", runner.failed);
  page.add("pawl_runs_cancelled_total", "counter", "Runs that ended cancelled.", runner.cancelled);
  page.add("pawl_attempts_failed_total", "counter", "Attempts of steps that failed.", runner.attempts_failed);
  page.add("pawl_checkpoint_groups_total", "counter", "Group commits of checkpoints.", runner.checkpoint_groups);
  page.add("pawl_runs_moving", "gauge", "Runs in memory.", runner.moving);
  page.add("pawl_runs_waiting", "gauge", "Runs waiting for a backoff or a paused step.", runner.waiting);
  page.add("pawl_runs_misfit", "gauge", "Runs that another build began and that wait for it.", status.measures.misfits);
  page.add("pawl_registered", "gauge", "1 while the worker holds an epoch.", status.registered ? 1 : 0);
  page.add("pawl_draining", "gauge", "1 once the worker was asked to stop.", status.draining ? 1 : 0);
  page.add("pawl_outbox_up", "gauge", "1 while the outbox answers.",
           status.registered && runner.outbox_error.empty() ? 1 : 0);
  page.add("pawl_checkpoints_up", "gauge", "1 while checkpoints can be written.",
           runner.checkpoints_error.empty() ? 1 : 0);
  page.add("pawl_application_up", "gauge",
           "1 while the application's rows become events and nobody is hidden from pawl.",
           status.application_problems.empty() ? 1 : 0);
  page.head("pawl_step_paused", "gauge", "1 while the step's service is down and its executions are held.");
  for (const auto& step : status.steps)
    page.sample("pawl_step_paused", {{"step", step}}, std::uint64_t{is_open(runner, step)});
}

void add_executions(Exposition& page, const engine::Measures& measures) {
  using Counts = engine::ExecutionCounts;
  struct Metric {
    const char* name;
    const char* help;
    std::uint64_t Counts::*count;
  };
  for (const Metric& metric :
       {Metric{"pawl_executions_started_total", "Executions handed to a step's code, retries included.",
               &Counts::started},
        Metric{"pawl_executions_succeeded_total", "Executions that succeeded.", &Counts::succeeded},
        Metric{"pawl_executions_retried_total", "Attempts that failed and are followed by another.", &Counts::retried},
        Metric{"pawl_executions_failed_total", "Executions that failed for good.", &Counts::failed},
        Metric{"pawl_executions_in_doubt_total", "Attempts whose effect may have happened or not.", &Counts::in_doubt},
        Metric{
            "pawl_executions_suppressed_total",
            "Executions whose effect was not wanted any more, or that had nobody to have it, as a mail to an address "
            "that none can be sent to.",
            &Counts::suppressed}}) {
    page.head(metric.name, "counter", metric.help);
    for (const auto& one : measures.executions)
      page.sample(metric.name, {{"workflow", one.workflow}, {"step", one.step}}, one.counts.*metric.count);
  }
}

void add_workflows(Exposition& page, const engine::Measures& measures) {
  page.head("pawl_workflow_claims_total", "counter", "Events claimed, by workflow.");
  for (const auto& [workflow, runs] : measures.workflows)
    page.sample("pawl_workflow_claims_total", {{"workflow", workflow}}, runs.claimed);
  page.head("pawl_workflow_runs_total", "counter", "Runs that ended, by how.");
  for (const auto& [workflow, runs] : measures.workflows) {
    page.sample("pawl_workflow_runs_total", {{"workflow", workflow}, {"status", "done"}}, runs.done);
    page.sample("pawl_workflow_runs_total", {{"workflow", workflow}, {"status", "failed"}}, runs.failed);
    page.sample("pawl_workflow_runs_total", {{"workflow", workflow}, {"status", "cancelled"}}, runs.cancelled);
  }
  page.head("pawl_end_to_end_seconds", "histogram",
            "From the transaction that emitted an event to the end of its run, where that was never resumed.");
  for (const auto& [workflow, runs] : measures.workflows)
    page.histogram("pawl_end_to_end_seconds", {"workflow", workflow}, runs.end_to_end, kMicroseconds);
}

void add_steps(Exposition& page, const engine::Measures& measures) {
  page.head("pawl_runs_held", "gauge", "Runs held out of memory until the step takes executions again.");
  for (const auto& step : measures.steps)
    page.sample("pawl_runs_held", {{"step", step.step}}, std::uint64_t{step.held});
  page.head("pawl_step_duration_seconds", "histogram", "Of each execution: how long the call that had it was out.");
  for (const auto& step : measures.steps)
    page.histogram("pawl_step_duration_seconds", {"step", step.step}, step.calls.duration, kMicroseconds);
  page.head("pawl_step_batch_executions", "histogram", "Executions of each call of a step.");
  for (const auto& step : measures.steps)
    page.histogram("pawl_step_batch_executions", {"step", step.step}, step.calls.batch, kPlain);
}

void add_stores(Exposition& page, const engine::Measures& measures) {
  page.head("pawl_claim_duration_seconds", "histogram", "Claims that brought events.");
  page.histogram("pawl_claim_duration_seconds", {}, measures.claims.duration, kMicroseconds);
  page.head("pawl_claim_events", "histogram", "Events of each claim that brought any.");
  page.histogram("pawl_claim_events", {}, measures.claims.events, kPlain);
  page.head("pawl_checkpoint_commit_seconds", "histogram", "Group commits of checkpoints, their fsync included.");
  page.histogram("pawl_checkpoint_commit_seconds", {}, measures.commits.duration, kMicroseconds);
  page.head("pawl_checkpoint_group_records", "histogram", "Records of each group commit.");
  page.histogram("pawl_checkpoint_group_records", {}, measures.commits.records, kPlain);
}

void add_disk(Exposition& page, const std::optional<CheckpointDisk>& disk) {
  if (!disk) return;
  page.add("pawl_checkpoint_file_bytes", "gauge", "Size of the checkpoint file.", disk->file_bytes);
  page.add("pawl_checkpoint_wal_bytes", "gauge", "Size of its -wal.", disk->wal_bytes);
  page.add("pawl_checkpoint_free_bytes", "gauge", "Free bytes of its file system for this user.", disk->free_bytes);
}

void add_gauge(Exposition& page, const WorkerStatus& status, const char* name, const char* gauge,
               Exposition::Label label = {}) {
  for (const storage::Gauge& one : status.gauges.all)
    if (one.name == gauge) page.sample(name, {{"workflow", one.workflow}, label}, one.value);
}

// A workflow with no mail in doubt has no row, and is to be told from one that nobody has asked for.
void add_in_doubt(Exposition& page, const WorkerStatus& status) {
  page.head("pawl_in_doubt", "gauge",
            "Mails that wait for somebody who knows whether they were sent, of every worker.");
  std::map<std::string, double> in_doubt;
  for (const auto& [workflow, runs] : status.measures.workflows) in_doubt[workflow] = 0;
  for (const storage::Gauge& one : status.gauges.all)
    if (one.name == "in_doubt") in_doubt[one.workflow] = one.value;
  for (const auto& [workflow, value] : in_doubt) page.sample("pawl_in_doubt", {{"workflow", workflow}}, value);
}

void add_postgres(Exposition& page, const WorkerStatus& status) {
  if (status.gauges.all.empty()) return;
  page.head("pawl_backlog_runs", "gauge", "Unfinished runs in the outbox, of every worker.");
  add_gauge(page, status, "pawl_backlog_runs", "backlog_pending", {"state", "pending"});
  add_gauge(page, status, "pawl_backlog_runs", "backlog_leased", {"state", "leased"});
  page.head("pawl_backlog_due_runs", "gauge",
            "Of the pending ones those that any worker of their workflow could claim now.");
  add_gauge(page, status, "pawl_backlog_due_runs", "backlog_due");
  page.head("pawl_oldest_unfinished_age_seconds", "gauge",
            "For how long the oldest run has been unfinished, since it was emitted or resumed; 0: there is none.");
  add_gauge(page, status, "pawl_oldest_unfinished_age_seconds", "oldest_age_seconds");
  add_in_doubt(page, status);
  const std::chrono::duration<double> age = std::chrono::steady_clock::now() - status.gauges.read_at;
  page.head("pawl_postgres_figures_age_seconds", "gauge", "How long ago the figures of every worker were read.");
  page.sample("pawl_postgres_figures_age_seconds", {}, age.count());
}

}  // namespace

std::string metrics_text(const WorkerStatus& status) {
  Exposition page;
  add_worker(page, status);
  add_executions(page, status.measures);
  add_workflows(page, status.measures);
  add_steps(page, status.measures);
  add_stores(page, status.measures);
  add_disk(page, status.disk);
  add_postgres(page, status);
  return std::move(page).text();
}

}  // namespace pawl::bin
