// Tells CLI11 about the settings.
#include "bin/settings/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>
#include <sstream>

#include "bin/operations/runs/command_error.h"
#include "bin/settings/duration.h"
#include "bin/settings/retry_setting.h"
#include "storage/files/named_file.h"
#include "workflows/text/suggestion.h"

namespace pawl::bin {

namespace {

/// What a duration may be, written as the user writes it.
struct Bounds {
  const char* shortest;
  const char* longest;
  bool zero = false;  ///< 0s switches it off.
};

engine::Duration parse_bounded(const std::string& text, const Bounds& bounds) {
  const engine::Duration duration = parse_duration(text);
  if (bounds.zero && duration == engine::Duration::zero()) return duration;
  if (duration < parse_duration(bounds.shortest) || duration > parse_duration(bounds.longest))
    throw UsageError("'" + text + "' is not from " + bounds.shortest + " to " + bounds.longest +
                     (bounds.zero ? ", nor 0s for never" : ""));
  return duration;
}

/// The options of one heading in the help.
class Group {
 public:
  Group(CLI::App& app, std::string name) : app_(app), name_(std::move(name)) {}

  void text(const std::string& flag, std::string& value, const std::string& meaning) {
    dress(app_.add_option(flag, value, meaning), flag, value)->type_name("TEXT");
  }
  void duration(const std::string& flag, engine::Duration& value, const Bounds& bounds, const std::string& meaning) {
    const auto take = [&value, bounds](const std::string& text) { value = parse_bounded(text, bounds); };
    checked(flag, meaning, take, duration_text(value))->type_name("DURATION");
  }
  void retry(const std::string& flag, engine::RetryPolicy& policy) {
    const auto take = [&policy, initial = policy](const std::string& text) {
      policy = with_retry_setting(initial, text);
    };
    checked(flag, "Waits between attempts", take, retry_text(policy))->type_name("RETRY");
  }
  void brought(const workflow::Setting& setting) {
    const std::string flag = "--" + setting.name;
    std::visit([&](const auto& value) { take(flag, value, setting.meaning); }, setting.value);
  }
  template <class Enum>
  void choice(const std::string& flag, Enum& value, const std::map<std::string, Enum>& choices,
              const std::string& meaning) {
    std::string names, now;
    for (const auto& [name, meant] : choices) {
      names += (names.empty() ? "" : "|") + name;
      if (meant == value) now = name;
    }
    const auto take = [&value, choices, names](const std::string& text) {
      const auto found = choices.find(text);
      if (found == choices.end()) throw UsageError("'" + text + "' is not one of " + names);
      value = found->second;
    };
    checked(flag, meaning, take, now)->type_name(names);
  }
  template <class Number>
  void number(const std::string& flag, Number& value, const std::string& meaning) {
    dress(app_.add_option(flag, value, meaning), flag, std::to_string(value))
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("NUMBER");
  }

 private:
  void take(const std::string& flag, std::string* value, const std::string& meaning) { text(flag, *value, meaning); }
  void take(const std::string& flag, std::size_t* value, const std::string& meaning) { number(flag, *value, meaning); }
  void take(const std::string& flag, engine::Duration* value, const std::string& meaning) {
    duration(flag, *value, {"1ms", "36500d", true}, meaning);
  }
  void take(const std::string& flag, const workflow::Choice& choice, const std::string& meaning) {
    std::string names;
    for (const std::string& word : choice.words) names += (names.empty() ? "" : "|") + word;
    checked(flag, meaning, [choice, names](const std::string& text) {
      const auto found = std::ranges::find(choice.words, text);
      if (found == choice.words.end()) throw UsageError("'" + text + "' is not one of " + names);
      choice.take(static_cast<std::size_t>(found - choice.words.begin()));
    })->type_name(names);
  }

  /// An option whose text `take` reads; a UsageError of it names the option.
  template <class Take>
  CLI::Option* checked(const std::string& flag, const std::string& meaning, Take take,
                       const std::string& default_value = "") {
    const auto callback = [flag, take](const std::string& text) {
      try {
        take(text);
      } catch (const UsageError& error) {
        throw CLI::ValidationError(flag.substr(flag.find("--")), error.what());
      }
    };
    return dress(app_.add_option_function<std::string>(flag, callback, meaning), flag, default_value);
  }
  CLI::Option* dress(CLI::Option* option, const std::string& flag, const std::string& default_value) {
    return option->envname(environment_name(flag))->group(name_)->default_str(default_value);
  }

  CLI::App& app_;
  std::string name_;
};

void add_common(CLI::App& app, Settings& settings, const std::string& workflows) {
  Group group(app, "Settings");
  group.text("--config", settings.config,
             "Read settings from this INI or TOML file; keys are the names below without --");
  group.text("--postgres", settings.postgres, "libpq connection string or URI; without it libpq's own PG* variables");
  group.choice<bool>("--require-tls", settings.require_tls, {{"yes", true}, {"no", false}},
                     "Refuse a Postgres on another host without sslmode=verify-full, instead of a warning");
  group.text("--checkpoints", settings.checkpoints,
             "Checkpoint file; default ${XDG_STATE_HOME:-~/.local/state}/pawl/checkpoints.db");
  group.choice<OutputFormat>(
      "-o,--output", settings.output,
      {{"table", OutputFormat::kTable}, {"json", OutputFormat::kJson}, {"ids", OutputFormat::kIds}},
      "How to print lists");
  group.duration("--connect-timeout", settings.connect_timeout, {"0s", "1d"},
                 "Give up on an unreachable Postgres after this; `worker` alone tries for ever");
  group.text("--workflows", settings.workflows,
             "The workflows that run, with commas; default all that are not optional of: " + workflows);
}

void add_worker(CLI::App& app, Settings& settings) {
  Group running(app, "Settings of worker: running");
  running.text("--listen", settings.listen, "Serve /healthz, /readyz and /metrics on unix:PATH or 127.0.0.1:PORT");
  running.choice<LogLevel>(
      "--log-level", settings.log_level,
      {{"debug", LogLevel::kDebug}, {"info", LogLevel::kInfo}, {"warn", LogLevel::kWarn}, {"error", LogLevel::kError}},
      "Lines below this are left out");
  running.choice<LogFormat>("--log-format", settings.log_format,
                            {{"auto", LogFormat::kAuto}, {"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                            "auto is text on a terminal, else JSON");
  running.text("--log-file", settings.log_file, "Append log lines to this file, not to stderr; SIGHUP opens it anew");
  running.duration("--lease", settings.lease, {"1s", "1d"}, "A silent worker's events go to another after this");
  running.duration("--postgres-timeout", settings.postgres_timeout, {"100ms", "1d", true},
                   "Give a connection up when a statement has no answer after this; 0s: never");
  running.duration("--hang-after", settings.hang_after, {"1s", "30d", true},
                   "A call of a step that is out for longer ends the worker at once; 0s: never");
  running.duration("--drain-timeout", settings.drain_timeout, {"0s", "1d"}, "After SIGTERM end anyway, with exit 1");
  running.choice<std::optional<bool>>(
      "--doorbell", settings.doorbell, {{"auto", std::nullopt}, {"listen", true}, {"poll", false}},
      "poll behind a pooler without LISTEN; auto listens unless Postgres allows prepared transactions");
  running.number("--deliveries-max", settings.deliveries_max, "Set an event aside after it was delivered this often");
  running.number("--moving-max", settings.moving_max, "Runs in memory, one more for each sixteen items");
  running.duration("--retention", settings.retention, {"1m", "36500d", true},
                   "Forget ended runs after this; 0s: never");
  running.duration("--archive-retention", settings.archive_retention, {"1d", "36500d", true},
                   "Forget finished events, their mails and commands after this; 0s: never");
}

std::string join_parents(const CLI::ConfigItem& item) {
  std::string name;
  for (const auto& parent : item.parents) name += parent + ".";
  return name + item.name;
}

std::string meant_by(const CLI::App& app, const std::string& flag) {
  std::vector<std::string> keys;
  for (const CLI::Option* option : app.get_options())
    if (!option->get_envname().empty()) keys.push_back(option->get_single_name());
  return text::suggestion(flag.substr(2), keys);
}

void apply(CLI::App& app, const CLI::ConfigItem& item, const std::string& path) {
  const std::string key = join_parents(item);
  if (item.name == "++" || item.name == "--") throw UsageError(path + ": sections are not used; write the keys flat");
  std::string flag = "--" + item.name;
  std::replace(flag.begin(), flag.end(), '_', '-');
  CLI::Option* option = item.parents.empty() ? app.get_option_no_throw(flag) : nullptr;
  if (!option || option->get_envname().empty() || flag == "--config")
    throw UsageError(path + ": unknown key '" + key + "'" + meant_by(app, flag) + "; `pawl --help` lists the settings");
  if (item.inputs.size() != 1)
    throw UsageError(path + ": the value of '" + key + "' must be one value; put it in double quotes");
  if (option->count() > 0) return;
  try {
    option->add_result(item.inputs.front());
    option->run_callback();
  } catch (const CLI::ParseError& error) {
    throw UsageError(path + ": " + error.what());
  }
}

// What CLI11 would read otherwise than it looks: it takes a bracket for a list, which goes on until a later line closes
// it, a quote that is not closed for a part of the value, and what is behind a # for a comment, also between quotes.
// The value may be a secret. Empty: nothing is wrong.
std::string misread_in(std::string value) {
  value.resize(std::min(value.find('#'), value.size()));
  value.erase(value.find_last_not_of(" \t\r") + 1);
  if (value.empty()) return "";
  const char first = value.front();
  if (first == '[') return "has a value that begins with a bracket; put it in double quotes";
  if ((first == '"' || first == '\'') && (value.size() == 1 || value.back() != first))
    return "opens a quote and does not close it; a # begins a comment, also between quotes";
  return "";
}

// A line of another kind of file may hold a secret, and CLI11 would take it for a key and quote it.
void require_settings_lines(std::istream& file, const std::string& path) {
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    const std::size_t from = line.find_first_not_of(" \t\r");
    if (from == std::string::npos || std::string_view("#;[").find(line[from]) != std::string_view::npos) continue;
    const std::string key = line.substr(from, line.find('=', from) - from);
    const auto is_plain = [](unsigned char c) {
      return std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == ' ';
    };
    if (line.find('=') == std::string::npos || !std::ranges::all_of(key, is_plain))
      throw UsageError(path + ": line " + std::to_string(number) +
                       " is not KEY = VALUE; the file is INI or TOML, not YAML or JSON");
    const std::size_t value = line.find_first_not_of(" \t\r", line.find('=', from) + 1);
    if (const std::string misread = misread_in(value == std::string::npos ? "" : line.substr(value)); !misread.empty())
      throw UsageError(path + ": line " + std::to_string(number) + " " + misread);
  }
  file.clear();
  file.seekg(0);
}

constexpr std::size_t kConfigMax = 1024 * 1024;

std::string config_text(const std::string& path) try {
  return storage::whole_file(path, kConfigMax);
} catch (const storage::UnusableFile& error) {
  throw UsageError("cannot read the config file " + path + ": " + error.what() + "; check --config or PAWL_CONFIG");
}

}  // namespace

std::string environment_name(const std::string& flag) {
  std::string name = "PAWL_";
  const std::size_t dashes = flag.find("--");
  for (const char letter : dashes == std::string::npos ? flag : flag.substr(dashes + 2))
    name += letter == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return name;
}

void add_settings(CLI::App& app, Settings& settings, const BroughtSettings& brought) {
  add_common(app, settings, brought.workflows);
  add_worker(app, settings);
  for (const SettingGroup& declared : brought.groups) {
    Group group(app, declared.heading);
    for (const workflow::Setting& setting : declared.settings) group.brought(setting);
    for (const workflow::StepRetry& retry : declared.retries)
      group.retry("--retry-" + declared.workflow + "-" + retry.step, retry.policy);
  }
}

void read_config_file(CLI::App& app, const std::string& path) {
  std::istringstream file(config_text(path));
  require_settings_lines(file, path);
  for (const CLI::ConfigItem& item : CLI::ConfigBase().from_config(file)) apply(app, item, path);
}

}  // namespace pawl::bin
