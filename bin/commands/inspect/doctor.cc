// Shows what pawl stands on, and what is wrong with it.
#include "bin/commands/inspect/doctor.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "bin/commands/inspect/status_text.h"
#include "bin/operations/health/doctor.h"
#include "bin/operations/runs/command_error.h"
#include "bin/output/redact.h"
#include "bin/settings/version.h"

namespace pawl::bin {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::seconds kRelayWithin{5};

class DoctorVerb final : public Verb {
 public:
  DoctorVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_flag("--settings", all_settings_, "Show every setting, and not only those that were given");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    Examined configuration = look_at_settings(settings, console);
    std::vector<Examined> all = examine(subject(settings, console));
    all.insert(all.begin(), std::move(configuration));
    Findings findings;
    for (const Examined& examined : all)
      findings.insert(findings.end(), examined.findings.begin(), examined.findings.end());
    std::ranges::stable_sort(findings, {}, &Finding::weight);
    if (settings.output == OutputFormat::kJson)
      print_json(console.out, document(settings, all, findings, console));
    else
      print(settings, all, findings, console);
    return any_problem(findings) ? ExitCode::kFailed : ExitCode::kDone;
  }

 private:
  DoctorSubject subject(const Settings& settings, const Console& console) const {
    DoctorSubject subject{
        .conninfo = settings.postgres,
        .checkpoints_path = checkpoints_path(settings.checkpoints),
        .migrations = workflows_.migrations(),
        .workflows = workflows_.workflow_names(),
        .check_relay = {},
        .why_no_relay = workflows_.mails() ? "PAWL_MAIL is not set" : "no workflow of this host mails",
        .hidden_password_file = workflows_.mail().hidden_password_file()};
    if (workflows_.mails() && !workflows_.mail().given().url.empty())
      subject.check_relay = [&mail = workflows_.mail(), secrets = console.secrets] {
        return mail.check_relay(secrets, kRelayWithin);
      };
    return subject;
  }

  Examined look_at_settings(const Settings& settings, const Console& console) {
    Examined examined{"settings", {}, {}};
    examined.facts.push_back({"version", kVersion, {}});
    for (const SettingSource& setting : settings.sources)
      if (all_settings_ || setting.source != "default")
        examined.facts.push_back({setting.name, told(setting, console), {}});
    try {
      workflows_.require_settings();
      workflows_.check_mail_settings();
      for (const std::string& warning : workflows_.warnings())
        examined.findings.push_back({Finding::Weight::kNote, warning, "", ""});
    } catch (const std::runtime_error& error) {  // whichever kind: the rest is worth a look
      examined.findings.push_back({Finding::Weight::kNote, error.what(), "no worker starts with these settings",
                                   "set them where a worker runs; other verbs do without"});
    }
    return examined;
  }

  static std::string key_of(const Fact& fact) {
    std::string key = fact.name;
    std::ranges::replace_if(
        key, [](char letter) { return letter == ' ' || letter == '\''; }, '_');
    return key;
  }

  static Json value_of(const Fact& fact, const Console& console) {
    if (const bool* flag = std::get_if<bool>(&fact.value)) return *flag;
    if (const std::int64_t* number = std::get_if<std::int64_t>(&fact.value)) return *number;
    return redacted(fact.text, *console.secrets);
  }

  static std::string told(const SettingSource& setting, const Console& console) {
    return redacted_setting(setting.value, *console.secrets) + "  (" + setting.source + ")";
  }

  static void print(const Settings&, const std::vector<Examined>& all, const Findings& findings, Console& console) {
    print_findings(console.out, findings, *console.secrets);
    for (const Examined& examined : all) {
      console.out << '\n' << examined.part << '\n';
      Table table{{"", ""}, {}, 0};
      for (const Fact& fact : examined.facts)
        table.rows.push_back({"  " + fact.name, redacted(fact.text, *console.secrets)});
      if (!table.rows.empty()) {
        table.columns = {*table.rows.front()[0], *table.rows.front()[1]};
        table.rows.erase(table.rows.begin());
        print_table(console.out, table, OutputFormat::kTable);
      }
    }
  }

  static Json document(const Settings& settings, const std::vector<Examined>& all, const Findings& findings,
                       const Console& console) {
    Json document{{"ok", !any_problem(findings)}};
    document["findings"] = findings_json(findings, *console.secrets);
    Json& sources = document["settings"] = Json::object();
    for (const SettingSource& setting : settings.sources)
      sources[setting.name] = {{"value", redacted_setting(setting.value, *console.secrets)},
                               {"source", setting.source}};
    for (const Examined& examined : all) {
      if (examined.part == "settings") continue;
      Json& part = document[examined.part] = Json::object();
      for (const Fact& fact : examined.facts) part[key_of(fact)] = value_of(fact, console);
    }
    return document;
  }

  Workflows& workflows_;
  bool all_settings_ = false;
};

}  // namespace

std::unique_ptr<Verb> make_doctor(CLI::App& command, Workflows& workflows) {
  return std::make_unique<DoctorVerb>(command, workflows);
}

}  // namespace pawl::bin
