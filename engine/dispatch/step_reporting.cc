// Compares what is to be told with what was told last.
#include "engine/dispatch/step_reporting.h"

#include <memory>
#include <utility>

#include "engine/authoring/errors.h"

namespace pawl::engine {

StepReporting::StepReporting(Uses uses) : use_(std::move(uses)) {
  for (const WorkflowDefinition& workflow : use_.workflows)
    for (const StepBase* step : workflow.steps) workflows_[step].push_back(workflow.name);
}

std::vector<StepReport> StepReporting::reports(Timestamp now) const {
  std::vector<StepReport> reports;
  for (const StepQueue& queue : use_.queues) {
    const auto oldest = queue.oldest_call();
    const bool is_long = oldest && now - *oldest >= kLongCall;
    const Circuit& circuit = queue.circuit();
    if (circuit.closed() && !is_long) continue;
    StepReport report{.step = use_.queues.name_of(queue), .workflows = workflows_.at(&queue.step())};
    report.calls = queue.calls_out();
    if (is_long) report.oldest_call = oldest;
    report.held = use_.held(queue.step());
    if (!circuit.closed()) {
      report.reason = circuit.reason();
      report.paused_since = circuit.opened_at();
      if (!circuit.probing()) report.next_probe_at = circuit.probe_at();
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

StepReporting::Subjects StepReporting::subjects(const std::vector<StepReport>& reports) {
  Subjects subjects;
  for (const StepReport& report : reports) {
    if (!report.reason.empty()) subjects.emplace_back(report.step, "paused");
    if (report.oldest_call) subjects.emplace_back(report.step, "long call");
  }
  return subjects;
}

void StepReporting::turn(Timestamp now) {
  if (busy_) return;
  std::vector<StepReport> reports = this->reports(now);
  Subjects to_tell = subjects(reports);
  const bool nothing_new = to_tell == reported_ && to_tell.empty();
  const bool reported_lately = (failed_ || to_tell == reported_) && now < next_at_;
  if (reported_lately || (nothing_new && !failed_)) return;
  next_at_ = now + kEvery;
  busy_ = true;
  const auto failed = std::make_shared<bool>(false);
  use_.lanes.submit(
      use_.lane,
      [&outbox = use_.outbox, reports = std::move(reports), failed, now] {
        try {
          outbox.report(reports, now);
        } catch (const std::exception&) {  // an outage is told by the calls that matter; this one is made again
          *failed = true;
        }
      },
      [this, failed, to_tell = std::move(to_tell)] {
        busy_ = false;
        failed_ = *failed;
        if (!failed_) reported_ = to_tell;
      });
}

}  // namespace pawl::engine
