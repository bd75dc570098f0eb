// Registers the verbs, parses, dispatches, reports.
#include "bin/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>

#include "bin/operations/runs/command_error.h"
#include "bin/output/program_name.h"
#include "bin/output/redact.h"
#include "bin/output/terminal_text.h"
#include "bin/reference/help_text.h"
#include "bin/reference/option_table.h"
#include "bin/settings/examples.h"
#include "bin/settings/options.h"
#include "bin/settings/setting_sources.h"
#include "bin/settings/version.h"
#include "bin/verbs.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "storage/postgres/advice.h"
#include "storage/postgres/conninfo.h"
#include "storage/postgres/errors.h"
#include "workflows/text/suggestion.h"

namespace pawl::bin {

namespace {

constexpr const char* kExamples =
    R"(  pawl migrate                                   prepare the database of PAWL_POSTGRES
  {settings}pawl worker --until-idle                     handle what is in the outbox, then stop
  pawl runs --status failed --since 1h           what failed in the last hour
  pawl show 9b3e71                               one run, by the end of its id
  pawl resume --failed --since 2h --yes          try again what failed in the last two hours)";

constexpr const char* kExamplesOfMail = R"(
  pawl in-doubt resolve 9b3e71 --sent            the relay's log has it: do not send it again
  pawl mail test --to me@example.com             does the relay take our mail? each step, in its words)";

constexpr const char* kMoreExamples = R"(
  pawl sql "select * from v1_waiting"            what waits, and why
  pawl help resume                               one verb, with examples of its own)";

constexpr const char* kNotes =
    R"(A setting comes from its flag, else its environment variable, else the file of --config, else its default.
Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 refused, 5 replay mismatch.)";

std::string footer_of(const Examples& examples) {
  const std::string lines = std::string(kExamples) + (examples.mails ? kExamplesOfMail : "") + kMoreExamples;
  return "Examples:\n" + examples.in(lines) + "\n\n" + kNotes;
}

/// What stands below a verb's help, with what the verb says itself.
std::string footer_of(const VerbEntry& entry, const std::string& own, const Examples& examples) {
  const std::string note = own.empty() ? "" : own + "\n";
  return "Examples:\n" + examples.in(entry.examples) + "\n\n" + note +
         in_name_of(examples.program, "Settings may follow the verb too: `pawl --help` lists them.");
}

ExitCode report(Console& console, const std::string& message, ExitCode code) {
  if (console.tell_end)
    console.tell_end(message);
  else
    console.note() << redacted(message, *console.secrets) << '\n';
  return code;
}

// Whatever was not taken, as by a full disk, was not said.
ExitCode flushed(Console& console, ExitCode code) {
  if (console.out.flush() || code != ExitCode::kDone) return code;
  return report(console, "the output could not be written: is its disk full, or its reader gone?", ExitCode::kFailed);
}

/// Runs `body`; the one place where exceptions become exit codes.
ExitCode guarded(Console& console, const std::function<ExitCode()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    return report(console, error.what(), ExitCode::kUsage);
  } catch (const NotFoundError& error) {
    return report(console, error.what(), ExitCode::kNotFound);
  } catch (const engine::RefusedError& error) {
    return report(console, error.what(), ExitCode::kRefused);
  } catch (const storage::ValueError& error) {  // of what was asked: asking again cannot help
    return report(console, error.what(), ExitCode::kRefused);
  } catch (const std::exception& error) {
    // Keeps a failed verb from ending as an abort without a message.
    return report(console, error.what(), ExitCode::kFailed);
  }
}

bool is_plain_word(const std::string& word) {
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_' || c == '-'; };
  return word.size() <= 64 && std::ranges::all_of(word, is_plain);
}

void dress(CLI::App& app, const std::string& program) {
  const std::string on_pawl = std::string("pawl ") + kVersion;
  app.set_version_flag("--version", program == kPawl ? on_pawl : program + ", on " + on_pawl,
                       "Print the version and exit");
  app.formatter(std::make_shared<HelpText>());
  app.require_subcommand(0, 1);  // none is reported by run(): CLI11 would report it instead of a misspelt verb
  app.fallthrough();
}

class CommandLine {
 public:
  CommandLine(Console& console, const std::vector<workflow::Registration>& brought)
      : console_(console),
        workflows_(brought),
        app_("Runs durable workflows over the events of a Postgres outbox.", console.program) {
    dress(app_, console.program);
    const Examples examples = workflows_.examples(console.program);
    app_.footer(footer_of(examples));
    add_settings(app_, settings_, workflows_.settings());
    for (const VerbEntry& entry : verbs()) {
      CLI::App* command = app_.add_subcommand(entry.name, entry.summary)->footer("");
      verbs_.emplace_back(command, entry.make(*command, workflows_));
      command->group(entry.is_listed ? "Verbs" : "")->footer(footer_of(entry, command->get_footer(), examples));
      for (CLI::App* below : command->get_subcommands({})) below->group("Verbs");
    }
  }

  ExitCode run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& request) {
      if (no_such_verb()) return usage(unexpected_words());
      app_.exit(request, console_.out, console_.err);
      return ExitCode::kDone;
    } catch (const CLI::ExtrasError&) {
      return usage(unexpected_words());
    } catch (const CLI::RequiredError& error) {  // perhaps because it was misspelt
      return usage(app_.remaining_size(true) > 0 ? unexpected_words() : error.what());
    } catch (const CLI::ParseError& error) {
      return usage(error.what());
    }
    if (app_.get_subcommands().empty()) return usage("no verb was given");
    return guarded(console_, [&] {
      const std::set<std::string> before_file = given_settings(app_);
      if (!settings_.config.empty()) read_config_file(app_, settings_.config);
      settings_.sources = setting_sources(app_, std::vector<std::string>(argv + 1, argv + argc), before_file);
      require_usable_postgres();
      workflows_.choose(settings_.workflows);
      mask_postgres_passwords(settings_.postgres, *console_.secrets);
      settings_.postgres = storage::with_application_name(settings_.postgres, "pawl " + chosen_name());
      return chosen().run(settings_, console_);
    });
  }

 private:
  bool no_such_verb() const { return app_.get_subcommands().empty() && app_.remaining_size() > 0; }

  // What the word may be, at the place where it stands: a verb or a flag.
  std::string meant_by(const std::string& word) const {
    std::vector<std::string> known = names_of(table_of(app_), word);
    for (const CLI::App* app = &app_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      if (!word.starts_with('-')) known.clear();  // a verb does not follow another, unless it is that one's
      const std::vector<std::string> more = names_of(table_of(*app), word);
      known.insert(known.end(), more.begin(), more.end());
    }
    return text::suggestion(word, known);
  }

  static std::vector<std::string> names_of(const VerbTable& verb, const std::string& word) {
    std::vector<std::string> names;
    if (word.starts_with('-'))
      for (const OptionRow& option : verb.options) names.push_back(option.flags.back());
    else
      for (const VerbTable& below : verb.verbs) names.push_back(below.last_word());
    return names;
  }

  // A word that follows an unknown option is its value, and may be a secret; so may whatever is no plain word.
  std::string unexpected_words() const {
    std::string words, meant;
    bool shows_values = true;
    for (const std::string& word : app_.remaining(true)) {
      const bool is_option = word.starts_with('-');
      shows_values = shows_values && !is_option;
      const std::string name = word.starts_with("--") ? word.substr(0, word.find('=')) : word.substr(0, 2);
      words += " " + (is_option ? name : shows_values && is_plain_word(word) ? word : "***");
      if (meant.empty() && (is_option || shows_values)) meant = meant_by(is_option ? name : word);
    }
    return (no_such_verb() && shows_values ? "no such verb:" : "unexpected:") + words + meant;
  }

  ExitCode usage(const std::string& message) {
    std::string verb;
    for (const CLI::App* app = &app_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      verb += app->get_name() + " ";
    }
    report(console_, message, ExitCode::kUsage);
    if (verb.empty()) {
      console_.err << "usage: " << console_.program << " [SETTINGS] VERB [ARGUMENTS]; verbs:";
      for (const VerbEntry& entry : verbs())
        if (entry.is_listed) console_.err << ' ' << entry.name;
      console_.err << '\n';
    }
    console_.err << "run `" << console_.program << ' ' << verb << "--help` for usage\n";
    return ExitCode::kUsage;
  }

  // Before anything else may quote it.
  void require_usable_postgres() const {
    if (const auto why = storage::why_unusable(settings_.postgres))
      throw UsageError("PAWL_POSTGRES (--postgres) cannot be used: " + *why);
    if (!settings_.require_tls) return;
    if (const auto warning = storage::impostor_warning(settings_.postgres))
      throw engine::RefusedError(*warning + ", or require-tls to no");
  }

  std::string chosen_name() const { return app_.get_subcommands().front()->get_name(); }

  Verb& chosen() {
    const auto is_parsed = [](const auto& entry) { return entry.first->parsed(); };
    return *std::ranges::find_if(verbs_, is_parsed)->second;
  }

  Console& console_;
  Settings settings_;
  Workflows workflows_;
  CLI::App app_;
  std::vector<std::pair<CLI::App*, std::unique_ptr<Verb>>> verbs_;
};

}  // namespace

ExitCode run_command_line(int argc, const char* const* argv, Console& console,
                          const std::vector<workflow::Registration>& workflows) {
  const std::string program = program_name(argc, argv);
  TerminalBuffer out_buffer(console.out, program), err_buffer(console.err, program);
  std::ostream out(&out_buffer), err(&err_buffer);
  err << std::unitbuf;
  Console filtered{console.in,
                   out,
                   err,
                   &console.err,
                   console.in_is_terminal,
                   console.err_is_terminal,
                   console.out_is_terminal,
                   console.secrets,
                   console.tell_end,
                   &console.out,
                   program};
  // A wrong variable is found while parsing and reported as any wrong argument; a missing home likewise.
  const ExitCode code = guarded(filtered, [&] { return CommandLine(filtered, workflows).run(argc, argv); });
  return flushed(filtered, code);
}

}  // namespace pawl::bin
