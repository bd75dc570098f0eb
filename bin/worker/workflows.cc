// Chooses, opens and asks the workflows.
#include "bin/worker/workflows.h"

#include <algorithm>
#include <set>

#include "bin/operations/runs/command_error.h"
#include "engine/authoring/errors.h"
#include "engine/faults/crash_point.h"

namespace pawl::bin {

namespace {

constexpr const char* kBlanks = " \t\r\n";  // a file that a variable is read from ends with a line end
constexpr const char* kNowhere = "host=/nonexistent/replay-asks-no-database";

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> all;
  for (std::size_t from = 0; from <= names.size();) {
    const std::size_t comma = std::min(names.find(',', from), names.size());
    const std::size_t first = names.find_first_not_of(kBlanks, from);
    std::string name = first < comma ? names.substr(first, comma - first) : "";
    name.erase(name.find_last_not_of(kBlanks) + 1);
    all.push_back(std::move(name));
    from = comma + 1;
  }
  return all;
}

std::string missing_of(workflow::Part& part) {
  std::string missing;
  for (const workflow::Setting& setting : part.settings()) {
    const auto* text = std::get_if<std::string*>(&setting.value);
    if (text && !setting.required.empty() && (*text)->empty())
      missing += "\n  " + environment_name(setting.name) + " (--" + setting.name + "): " + setting.required;
  }
  return missing;
}

}  // namespace

Workflows::Workflows(std::vector<workflow::Registration> brought) : brought_(std::move(brought)) {
  mail();  // `mail test` and `in-doubt` are there for whoever brings workflows
  for (const workflow::Registration& registration : brought_) {
    auto module = registration(parts_);
    if (find(module->name()))
      throw engine::WorkflowBug("register workflow " + module->name() + ": another one has that name already");
    modules_.push_back(std::move(module));
  }
  choose("");
  engine::require_crash_place(crash_places());
}

std::vector<engine::CrashPlace> Workflows::crash_places() const {
  std::vector<engine::CrashPlace> places;
  const auto add = [&](const auto& parts) {
    for (const auto& part : parts)
      for (const engine::CrashPlace& place : part->crash_places()) places.push_back(place);
  };
  add(parts_.all());
  add(modules_);
  return places;
}

BroughtSettings Workflows::settings() {
  BroughtSettings brought{.workflows = names(), .groups = {}};
  for (const auto& part : parts_.all())
    brought.groups.push_back({"Settings of worker: " + part->name(), "", part->settings(), {}});
  for (const auto& module : modules_)
    brought.groups.push_back(
        {"Settings of workflow " + module->name(), module->name(), module->settings(), module->retries()});
  return brought;
}

workflow::Module* Workflows::find(const std::string& name) const {
  const auto found = std::ranges::find_if(modules_, [&](const auto& module) { return module->name() == name; });
  return found == modules_.end() ? nullptr : found->get();
}

std::string Workflows::names() const {
  std::string names;
  for (const auto& module : modules_)
    names += (names.empty() ? "" : ", ") + module->name() + (module->is_optional() ? " (optional)" : "");
  return names.empty() ? "none" : names;
}

void Workflows::choose(const std::string& names) {
  chosen_.clear();
  if (names.empty()) {
    for (const auto& module : modules_)
      if (!module->is_optional()) chosen_.push_back(module.get());
    return;
  }
  for (const std::string& name : split(names)) {
    workflow::Module* module = find(name);
    if (!module)
      throw UsageError("PAWL_WORKFLOWS (--workflows): there is no workflow '" + name +
                       "'; there are: " + this->names());
    if (std::ranges::find(chosen_, module) == chosen_.end()) chosen_.push_back(module);
  }
}

// Each once, behind those that it uses: in the order in which they were made.
std::vector<workflow::SharedPart*> Workflows::used() const {
  std::set<workflow::SharedPart*> asked_for;
  for (workflow::Module* module : chosen_)
    for (workflow::SharedPart* part : module->uses()) asked_for.insert(part);
  for (auto part = parts_.all().rbegin(); part != parts_.all().rend(); ++part)
    if (asked_for.contains(part->get()))
      for (workflow::SharedPart* other : (*part)->uses()) asked_for.insert(other);
  std::vector<workflow::SharedPart*> used;
  for (const auto& part : parts_.all())
    if (asked_for.contains(part.get())) used.push_back(part.get());
  return used;
}

std::vector<workflow::Part*> Workflows::running() const {
  std::vector<workflow::Part*> running;
  for (workflow::SharedPart* part : used()) running.push_back(part);
  running.insert(running.end(), chosen_.begin(), chosen_.end());
  return running;
}

// Only its definition knows a workflow's type; before they are open it is made without settings.
std::vector<engine::WorkflowName> Workflows::workflow_names() const {
  std::vector<engine::WorkflowName> names;
  const auto all = definitions_.empty() ? for_replay() : nullptr;
  const auto& definitions = all ? all->definitions() : definitions_;
  for (const workflow::Module* module : chosen_) {
    const auto found = std::ranges::find(definitions, module->name(), &engine::WorkflowDefinition::name);
    names.push_back({found->event_type, module->name()});
  }
  return names;
}

storage::MigrationLines Workflows::migrations() const {
  storage::MigrationLines lines{&storage::outbox_migrations()};
  for (const workflow::Part* part : running())
    for (const storage::MigrationLine* line : part->migrations())
      if (std::ranges::find(lines, line) == lines.end()) lines.push_back(line);
  return lines;
}

void Workflows::require_settings() {
  if (chosen_.empty()) throw UsageError("worker is not configured: no workflow is to run; there are: " + names());
  std::string missing;
  for (workflow::Part* part : running()) missing += missing_of(*part);
  if (!missing.empty()) throw UsageError("worker is not configured: missing" + missing);
}

void Workflows::open(const workflow::WorkerContext& worker) try {
  for (workflow::SharedPart* part : used()) part->open(worker);
  for (workflow::Module* module : chosen_) definitions_.push_back(module->open(worker));
} catch (const engine::RefusedError& error) {
  throw UsageError(std::string("worker is not configured: ") + error.what());
}

std::unique_ptr<Workflows> Workflows::for_replay() const {
  auto all = std::make_unique<Workflows>(brought_);
  all->chosen_.clear();
  for (const auto& module : all->modules_) all->chosen_.push_back(module.get());
  for (workflow::Part* part : all->running()) workflow::set_for_replay(part->settings());
  all->open({storage::PostgresAddress(kNowhere), all->no_epoch_, std::make_shared<redaction::OwnSecrets>()});
  return all;
}

// Each definition is of the module in its place.
std::string Workflows::aggregate_type(const std::string& event_type) const {
  for (std::size_t i = 0; i < definitions_.size(); ++i)
    if (definitions_[i].event_type == event_type && !chosen_[i]->aggregate_type().empty())
      return chosen_[i]->aggregate_type();
  return {};
}

void Workflows::check_access() {
  for (workflow::Part* part : running()) part->check_access();
}

std::vector<std::string> Workflows::warnings() const {
  std::vector<std::string> all;
  for (const workflow::Part* part : running())
    for (std::string& warning : part->warnings()) all.push_back(std::move(warning));
  return all;
}

std::optional<engine::RetryPolicy> Workflows::retry_of(const std::string& workflow, const std::string& step) const {
  if (workflow::Module* const module = find(workflow))
    for (const workflow::StepRetry& retry : module->retries())
      if (retry.step == step) return retry.policy;
  return std::nullopt;
}

Examples Workflows::examples(const std::string& program) const {
  Examples examples{.program = program, .mails = mails()};
  for (workflow::Part* part : running())
    for (const workflow::Setting& setting : part->settings())
      if (!setting.required.empty() && !setting.example.empty())
        examples.settings += environment_name(setting.name) + "=" + setting.example + " ";
  for (workflow::Module* module : chosen_) {
    if (examples.workflow.empty()) examples.workflow = module->name();
    if (const auto retries = module->retries(); examples.step.empty() && !retries.empty())
      examples.step = retries.back().step;
  }
  return examples;
}

bool Workflows::mails() const {
  return std::ranges::any_of(used(), [](auto* part) { return dynamic_cast<mail::MailPart*>(part) != nullptr; });
}

void Workflows::check_mail_settings() try {
  for (workflow::Module* module : chosen_) module->preview_mail({});
} catch (const engine::RefusedError& error) {
  throw UsageError(std::string("mail is not configured: ") + error.what());
}

workflow::MailPreview Workflows::preview_mail(const workflow::MailPreviewRequest& request) try {
  for (workflow::Module* module : chosen_)
    if (auto preview = module->preview_mail(request)) return *preview;
  throw UsageError("cannot preview the mail: no workflow that runs here has one; --workflows names those that run");
} catch (const engine::RefusedError& error) {
  throw UsageError(std::string("cannot preview the mail: ") + error.what());
} catch (const engine::PermanentError& error) {
  throw UsageError(std::string("cannot preview the mail: --data: ") + error.what());
}

}  // namespace pawl::bin
