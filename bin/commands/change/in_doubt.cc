// Mails in doubt, as Postgres knows them: no checkpoint file is needed, so that any host can ask.
#include "bin/commands/change/in_doubt.h"

#include <CLI/CLI.hpp>
#include <set>

#include "bin/commands/verb/one_shot.h"
#include "bin/operations/runs/command_error.h"
#include "bin/operations/runs/query_text.h"
#include "bin/operations/runs/run_ids.h"
#include "bin/settings/requester.h"
#include "bin/worker/workflows.h"
#include "engine/authoring/errors.h"
#include "storage/outbox/operators/event_admin.h"
#include "workflows/mail/ledger/in_doubt_mails.h"
#include "workflows/text/ascii.h"

namespace pawl::bin {

namespace {

// Of the mails in doubt. A run of which Postgres has nothing else any more goes by its id.
std::vector<engine::RunName> runs_in_doubt(const storage::PostgresAddress& postgres) {
  std::set<std::string> ids;
  for (const mail::InDoubtMail& mail : mail::mails_in_doubt(postgres)) ids.insert(mail.event_id);
  std::vector<engine::RunName> runs;
  for (engine::RunName& run : storage::runs_of(postgres, {ids.begin(), ids.end()}))
    if (ids.erase(run.run_id) > 0) runs.push_back(std::move(run));
  for (const std::string& id : ids) runs.push_back({id, id, ""});
  return runs;
}

// What has no mail in doubt is asked for by its own id, and told so.
std::vector<std::string> run_ids(const GivenRuns& given, const storage::PostgresAddress& postgres) {
  std::vector<std::string> ids;
  try {
    for (const engine::RunName& run : resolve_runs(runs_in_doubt(postgres), given)) ids.push_back(run.run_id);
  } catch (const NotFoundError&) {
    if (is_full_id(given.id)) return {given.id};
    throw NotFoundError("no run whose id begins or ends with '" + given.id +
                        "' has a mail in doubt; `pawl in-doubt` lists what there is");
  }
  return ids;
}

bool is_address(const std::string& text) { return text.find('@') != std::string::npos; }

// Of the run's mails in doubt the one that may have gone to the address; users who share it have one mail.
std::string user_at(const std::string& address, const std::string& run_id, const storage::PostgresAddress& postgres) {
  std::string others;
  for (const mail::InDoubtMail& mail : mail::mails_in_doubt(postgres)) {
    if (mail.event_id != run_id) continue;
    if (text::lower_cased(mail.email) == text::lower_cased(address)) return mail.user_id;
    others.append("\n  ").append(mail.email.empty() ? mail.user_id : mail.email);
  }
  throw NotFoundError("run " + run_id + " has no mail in doubt to " + address +
                      (others.empty() ? others : "; those in doubt are to:" + others));
}

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
    if (sent_ == not_sent_) throw UsageError("in-doubt resolve needs either --sent or --not-sent");
    if (!user_.empty() && !is_full_id(user_) && !is_address(user_))
      throw UsageError("--user takes a user's full id or address, as `pawl in-doubt` lists them, not '" + user_ + "'");
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
    for (const mail::InDoubtMail& mail : mail::mails_in_doubt(address_of(settings)))
      table.rows.push_back({mail.event_id, mail.user_id, mail.email.empty() ? Table::Cell{} : mail.email, mail.since,
                            mail.count, mail.run, mail.reply, mail.message_id});
    print_table(console.out, table, settings.output);
    return ExitCode::kDone;
  }

  ExitCode resolve(const std::vector<GivenRuns>& given, const Settings& settings, Console& console) const {
    Table table{{"run", "outcome", "detail"}, {}, 0};
    ExitCode code = ExitCode::kDone;
    for (const GivenRuns& runs : given)
      for (const std::string& id : run_ids(runs, address_of(settings))) {
        const std::string user = is_address(user_) ? user_at(user_, id, address_of(settings)) : user_;
        const auto outcome = mail::resolve_in_doubt(address_of(settings), {id, user, sent_, requester(), note_});
        if (outcome.resolved > 0) {
          table.rows.push_back(
              {id, std::to_string(outcome.resolved) + (sent_ ? " sent" : " not sent"), "run " + outcome.run});
          continue;
        }
        table.rows.push_back({id, "refused", outcome.outcome});
        const bool not_found = outcome.outcome.starts_with("not found");
        if (code == ExitCode::kDone || not_found) code = not_found ? ExitCode::kNotFound : ExitCode::kRefused;
      }
    print_table(console.out, table, settings.output);
    if (code != ExitCode::kDone)
      console.err << "pawl: not every mail could be resolved; `pawl in-doubt` lists those that can\n";
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
