// A workflow as its folder brings it to a worker: all that the command line and the worker have to know of it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/authoring/workflow.h"
#include "workflows/module/part.h"

namespace pawl::workflow {

/// A mail to look at, and the parts it is made of.
struct MailPreviewRequest {
  std::string payload;  ///< Of an event, as JSON; empty: a sample's.
  std::string organisation;
};
struct MailPreview {
  std::string subject, text, html;
};

/// A workflow's folder has one class that derives from this, and one function that makes it, a Registration. Whoever
/// runs it names that function to pawl::bin::run_worker_main: one line. `name()` is the workflow's, verb first and on
/// disk for ever.
class Module : public Part {
 public:
  /// An optional one runs, and has its migrations applied, only where `--workflows` names it.
  virtual bool is_optional() const { return false; }

  virtual std::vector<StepRetry> retries() { return {}; }

  /// What kind of thing its events are about, like pms_connection, for whoever emits one by hand; empty: he has to say.
  virtual std::string aggregate_type() const { return ""; }

  /// Makes the steps and what they reach the world by, once, when the settings are read and the parts it uses are open;
  /// asks the world for nothing yet. The module owns what the definition points to. Throws engine::RefusedError for a
  /// setting that cannot be used. For a replay the settings are the defaults, with `in_replay` for what is required,
  /// and the worker's address leads nowhere: no step executes.
  virtual engine::WorkflowDefinition open(const WorkerContext& worker) = 0;

  /// A mail of its, as the settings make it; nothing where it sends none. Need not be open. Throws engine::RefusedError
  /// for a setting, and engine::PermanentError for a payload, that cannot be used.
  virtual std::optional<MailPreview> preview_mail(const MailPreviewRequest&) { return std::nullopt; }
};

/// Makes a module that uses these parts, which outlive it.
using Registration = std::function<std::unique_ptr<Module>(Parts& parts)>;

}  // namespace pawl::workflow
