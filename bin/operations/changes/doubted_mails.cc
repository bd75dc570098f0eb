// Asks Postgres alone: no checkpoint file is needed.
#include "bin/operations/changes/doubted_mails.h"

#include <set>

#include "bin/operations/runs/command_error.h"
#include "storage/outbox/operators/event_admin.h"
#include "workflows/text/ascii.h"

namespace pawl::bin {

namespace {

// Of the mails in doubt, with those that were made from them. A run of which Postgres has nothing else any more goes by
// its id.
std::vector<engine::RunName> runs_in_doubt(const storage::PostgresAddress& postgres) {
  std::set<std::string> ids;
  for (const mail::InDoubtMail& mail : mail::mails_in_doubt(postgres)) ids.insert(mail.run_id);
  std::vector<engine::RunName> runs = storage::runs_under_keys_of(postgres, {ids.begin(), ids.end()});
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

// Of the mails in doubt under a run's keys the one that may have gone to the address; users who share it have one mail.
std::string user_at(const std::string& address, const std::string& run_id, const storage::PostgresAddress& postgres) {
  std::string others;
  for (const mail::InDoubtMail& mail : mail::mails_in_doubt(postgres)) {
    if (mail.run_id != run_id) continue;
    if (text::lower_cased(mail.email) == text::lower_cased(address)) return mail.user_id;
    others.append("\n  ").append(mail.email.empty() ? mail.user_id : mail.email);
  }
  throw NotFoundError("run " + run_id + " has no mail in doubt to " + address +
                      (others.empty() ? others : "; those in doubt are to:" + others));
}

}  // namespace

std::vector<DoubtAnswer> resolve_doubt(const storage::PostgresAddress& postgres, const DoubtOrder& order) {
  std::vector<DoubtAnswer> answers;
  for (const GivenRuns& runs : order.runs)
    for (const std::string& id : run_ids(runs, postgres)) {
      const std::string kept_under = storage::effects_of(postgres, id);
      const std::string user = is_address(order.user) ? user_at(order.user, kept_under, postgres) : order.user;
      const auto found =
          mail::resolve_in_doubt(postgres, {kept_under, user, order.sent, order.requested_by, order.note});
      answers.push_back({id, found.resolved, found.outcome, found.run, found.outcome.starts_with("not found")});
    }
  return answers;
}

}  // namespace pawl::bin
