// Mails in doubt, as Postgres knows them: no checkpoint file is needed, so that any host can ask.
#include "bin/commands/change/in_doubt.h"

#include <CLI/CLI.hpp>

#include "bin/commands/verb/bulk_filter.h"
#include "bin/commands/verb/one_shot.h"
#include "bin/operations/changes/doubted_mails.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/query_text.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/requester.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"

namespace pawl::bin {

namespace {

class InDoubtVerb final : public Verb {
 public:
  InDoubtVerb(CLI::App& command, Workflows& workflows) : workflows_(workflows) {
    command.add_flag("--sql", sql_, "Print the query behind the list, for psql, and not the list");
    resolve_ = command.add_subcommand("resolve", "Take a run's mails out of doubt, and let the run go on");
    resolve_->add_option("RUN", ids_, kRunHelp)->required();
    CLI::Option* sent = resolve_->add_flag("--sent", sent_, "They were sent: never send them again");
    resolve_->add_flag("--not-sent", not_sent_, "They were not sent: send them now")->excludes(sent);
    resolve_->add_option("--user", user_, "Only the mail to this user, by full id or address");
    resolve_->add_option("--note", note_, "How you know, for the audit trail");
  }

  ExitCode run(const Settings& settings, Console& console) override {
    if (!resolve_->parsed()) return list(settings, console);
    if (sql_) throw UsageError("in-doubt --sql prints the query behind the list: it goes without resolve");
    if (sent_ == not_sent_) throw UsageError("in-doubt resolve needs either --sent or --not-sent");
    user_ = checked_user(user_);
    const std::vector<GivenRuns> ids = expand_ids(ids_, console.in);
    require_mails();
    await_migrated_postgres(settings, console, workflows_.mail().migrations());
    return resolve(ids, settings, console);
  }

 private:
  void require_mails() const {
    if (!workflows_.mails())
      throw engine::RefusedError("no workflow that runs here mails; --workflows names those that run");
  }

  ExitCode list(const Settings& settings, Console& console) const {
    if (sql_) {
      console.out << QueryText("*", "pawl.v1_in_doubt").text("order by since");
      return ExitCode::kDone;
    }
    require_mails();
    await_migrated_postgres(settings, console, workflows_.mail().migrations());
    Table table{{"run", "user", "email", "since", "count", "state", "reply", "message_id"}, {}, 0};
    for (const mail::InDoubtMail& mail : mail::mails_in_doubt(address_of(settings))) {
      table.rows.push_back({mail.run_id, mail.user_id, cell_of(mail.email), mail.since, std::to_string(mail.count),
                            mail.run, cell_of(mail.reply), mail.message_id});
      table.is_number.push_back({false, false, false, false, true, false, false, false});
    }
    print_table(console.out, table, settings.output);
    return ExitCode::kDone;
  }

  ExitCode resolve(const std::vector<GivenRuns>& given, const Settings& settings, Console& console) const {
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    for (const DoubtAnswer& answer : resolve_doubt(address_of(settings), {given, user_, sent_, requester(), note_})) {
      if (answer.resolved > 0) {
        table.rows.push_back(
            {answer.run_id, std::to_string(answer.resolved) + (sent_ ? " sent" : " not sent"), "run " + answer.run});
        continue;
      }
      table.rows.push_back({answer.run_id, answer.not_found ? "not found" : "refused", answer.outcome});
      if (code == ExitCode::kDone || answer.not_found)
        code = answer.not_found ? ExitCode::kNotFound : ExitCode::kRefused;
    }
    print_table(console.out, table, settings.output);
    if (code != ExitCode::kDone)
      console.note() << "not every mail could be resolved; `pawl in-doubt` lists those that can\n";
    return code;
  }

  Workflows& workflows_;
  bool sql_ = false;
  CLI::App* resolve_ = nullptr;
  std::vector<std::string> ids_;
  bool sent_ = false;
  bool not_sent_ = false;
  std::string user_;
  std::string note_;
};

}  // namespace

std::unique_ptr<Verb> make_in_doubt(CLI::App& command, Workflows& workflows) {
  return std::make_unique<InDoubtVerb>(command, workflows);
}

}  // namespace pawl::bin
