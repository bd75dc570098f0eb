// Registers the verbs, parses, dispatches, reports.
#include "bin/command_line.h"

#include <CLI/CLI.hpp>
#include <array>

#include "bin/command_emit.h"
#include "bin/command_error.h"
#include "bin/command_in_doubt.h"
#include "bin/command_mail.h"
#include "bin/command_migrate.h"
#include "bin/command_replay.h"
#include "bin/command_resume.h"
#include "bin/command_runs.h"
#include "bin/command_show.h"
#include "bin/command_sql.h"
#include "bin/command_worker.h"
#include "bin/options.h"
#include "bin/redact.h"
#include "bin/version.h"
#include "engine/errors.h"
#include "storage/postgres_passwords.h"

namespace pawl::bin {

namespace {

struct VerbEntry {
  const char* name;
  const char* summary;
  std::unique_ptr<Verb> (*make)(CLI::App&);
};

constexpr std::array kVerbs{
    VerbEntry{"migrate", "Prepare or upgrade both databases", make_migrate},
    VerbEntry{"worker", "Run workflows until told to stop", make_worker},
    VerbEntry{"emit", "Write an event to the outbox and print its id", make_emit},
    VerbEntry{"runs", "List runs", make_runs},
    VerbEntry{"show", "Everything about one run, as a timeline", make_show},
    VerbEntry{"replay", "Re-execute a run's code against its checkpoints; no effects", make_replay},
    VerbEntry{"resume", "Let failed runs go on at their failed steps", make_resume},
    VerbEntry{"in-doubt", "List mails that may or may not have been sent, and say which were", make_in_doubt},
    VerbEntry{"mail", "Send a test mail through the relay", make_mail},
    VerbEntry{"sql", "Read-only SQL on the checkpoints", make_sql},
};

constexpr const char* kExamples = R"(Examples:
  pawl migrate                                   prepare the database of PAWL_POSTGRES
  PAWL_MAIL=maildir:/tmp/mail PAWL_MAIL_FROM=alerts@example.com PAWL_APP_URL=https://app.example.com \
    pawl worker --until-idle                     handle what is in the outbox, then stop
  pawl runs --status failed --since 1h           what failed in the last hour
  pawl show 6f1c                                 one run, by the beginning or the end of its id
  pawl resume --failed --since 2h --yes          try again what failed in the last two hours
  pawl in-doubt resolve 6f1c --sent              the relay's log has it: do not send it again
  pawl mail test --to me@example.com             does the relay take our mail? each step, in its words
  pawl sql "select * from v1_waiting"            what waits, and why

A setting comes from its flag, else its environment variable, else the file of --config, else its default.
Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 refused, 5 replay mismatch.)";

ExitCode report(Console& console, const std::string& message, ExitCode code) {
  console.err << "pawl: " << redacted(message, *console.secrets) << '\n';
  return code;
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
  } catch (const std::exception& error) {
    // Keeps a failed verb from ending as an abort without a message.
    return report(console, error.what(), ExitCode::kFailed);
  }
}

void dress(CLI::App& app) {
  app.set_version_flag("--version", std::string("pawl ") + kVersion, "Print the version and exit");
  app.get_formatter()->column_width(36);
  app.footer(kExamples);
  app.require_subcommand(0, 1);  // "none" is reported by chosen(): CLI11 would report it instead of a misspelt verb
  app.fallthrough();
}

class CommandLine {
 public:
  explicit CommandLine(Console& console) : console_(console) {
    dress(app_);
    add_settings(app_, settings_);
    for (const VerbEntry& entry : kVerbs) {
      CLI::App* command = app_.add_subcommand(entry.name, entry.summary);
      command->footer("Settings may follow the verb too: `pawl --help` lists them.");
      verbs_.emplace_back(command, entry.make(*command));
    }
  }

  ExitCode run(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::Success& request) {
      app_.exit(request, console_.out, console_.err);
      return ExitCode::kDone;
    } catch (const CLI::ParseError& error) {
      return usage(error);
    }
    return guarded(console_, [this] {
      if (!settings_.config.empty()) read_config_file(app_, settings_.config);
      for (const std::string& password : storage::postgres_passwords(settings_.postgres))
        console_.secrets->add(password);
      return chosen().run(settings_, console_);
    });
  }

 private:
  ExitCode usage(const CLI::ParseError& error) {
    std::string verb;
    for (const CLI::App* app = &app_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      verb += app->get_name() + " ";
    }
    report(console_, error.what(), ExitCode::kUsage);
    if (verb.empty()) {
      console_.err << "usage: pawl [SETTINGS] VERB [ARGUMENTS]; verbs:";
      for (const VerbEntry& entry : kVerbs) console_.err << ' ' << entry.name;
      console_.err << '\n';
    }
    console_.err << "run `pawl " << verb << "--help` for usage\n";
    return ExitCode::kUsage;
  }

  Verb& chosen() {
    for (auto& [command, verb] : verbs_)
      if (command->parsed()) return *verb;
    throw UsageError("no verb; run `pawl --help`");
  }

  Console& console_;
  Settings settings_;
  CLI::App app_{"pawl runs durable workflows over the events of a Postgres outbox.", "pawl"};
  std::vector<std::pair<CLI::App*, std::unique_ptr<Verb>>> verbs_;
};

}  // namespace

ExitCode run_command_line(int argc, const char* const* argv, Console& console) {
  // A wrong variable is found while parsing and reported as any wrong argument; a missing home likewise.
  return guarded(console, [&] { return CommandLine(console).run(argc, argv); });
}

}  // namespace pawl::bin
