// The workflows that a program brought, the parts they share, and which of them run.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bin/settings/examples.h"
#include "bin/settings/options.h"
#include "engine/authoring/workflow.h"
#include "engine/ports/outbox.h"
#include "workflows/mail/mail_part.h"
#include "workflows/module/module.h"

namespace pawl::bin {

/// Owns modules and parts, and so the steps: outlives every runner that was given the definitions, over lost leases
/// too.
class Workflows {
 public:
  /// Makes each; none runs yet but those that are not optional. Throws engine::WorkflowBug where two have one name.
  explicit Workflows(std::vector<workflow::Registration> brought);

  /// What they declare, under a heading each; parsing the command line fills them in.
  BroughtSettings settings();

  /// Those that run, by their names with commas between them; empty: all that are not optional. Throws UsageError.
  void choose(const std::string& names);

  /// Those that run, with the types of events that start them.
  std::vector<engine::WorkflowName> workflow_names() const;

  /// The lines of migrations of those that run, the outbox's first.
  storage::MigrationLines migrations() const;

  /// Throws UsageError naming every variable that those that run need and do not have, with the forms each accepts.
  void require_settings();

  /// Makes the steps of those that run. Throws UsageError for a setting that one of them cannot use.
  void open(const workflow::WorkerContext& worker);
  /// All that were brought, made anew and open without settings, in a world that leads nowhere: what a replay needs.
  std::unique_ptr<Workflows> for_replay() const;

  const std::vector<engine::WorkflowDefinition>& definitions() const { return definitions_; }
  /// What events of a type are about, as the first workflow of it that is open says; empty: none does.
  std::string aggregate_type(const std::string& event_type) const;

  /// Throws engine::RefusedError when the world lacks, or denies, what a step of those that run needs.
  void check_access();
  std::vector<std::string> warnings() const;

  /// As the settings have it; none for a step that has no setting of its own.
  std::optional<engine::RetryPolicy> retry_of(const std::string& workflow, const std::string& step) const;

  /// What examples of the help name of those that run: settings and a step of theirs.
  Examples examples(const std::string& program) const;

  mail::MailPart& mail() { return parts_.shared<mail::MailPart>(); }
  bool mails() const;

  /// Throws UsageError for a setting by which a workflow that runs could write no mail.
  void check_mail_settings();
  /// The mail of the first that runs and sends any. Throws UsageError where none does.
  workflow::MailPreview preview_mail(const workflow::MailPreviewRequest& request);

 private:
  std::vector<engine::CrashPlace> crash_places() const;
  std::vector<workflow::SharedPart*> used() const;
  std::vector<workflow::Part*> running() const;
  workflow::Module* find(const std::string& name) const;
  std::string names() const;

  const std::vector<workflow::Registration> brought_;
  workflow::Parts parts_;
  std::vector<std::unique_ptr<workflow::Module>> modules_;
  std::vector<workflow::Module*> chosen_;
  std::vector<engine::WorkflowDefinition> definitions_;
  storage::Epoch no_epoch_{0};  ///< Of a replay.
};

}  // namespace pawl::bin
