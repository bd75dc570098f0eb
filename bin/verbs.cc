// A line or two a verb.
#include "bin/verbs.h"

#include <array>

#include "bin/commands/change/ask.h"
#include "bin/commands/change/batch.h"
#include "bin/commands/change/dismiss.h"
#include "bin/commands/change/emit.h"
#include "bin/commands/change/in_doubt.h"
#include "bin/commands/change/prune.h"
#include "bin/commands/change/requeue.h"
#include "bin/commands/change/rerun.h"
#include "bin/commands/change/resume.h"
#include "bin/commands/inspect/doctor.h"
#include "bin/commands/inspect/export.h"
#include "bin/commands/inspect/replay.h"
#include "bin/commands/inspect/runs.h"
#include "bin/commands/inspect/show.h"
#include "bin/commands/inspect/sql.h"
#include "bin/commands/inspect/status.h"
#include "bin/commands/inspect/top.h"
#include "bin/commands/inspect/waiting.h"
#include "bin/commands/setup/mail.h"
#include "bin/commands/setup/migrate.h"
#include "bin/commands/setup/worker.h"
#include "bin/reference/generate.h"
#include "bin/reference/help.h"

namespace pawl::bin {

namespace {

/// Of a verb to which it is all the same which workflows there are.
template <std::unique_ptr<Verb> (*kMake)(CLI::App&)>
std::unique_ptr<Verb> of_any(CLI::App& command, Workflows&) {
  return kMake(command);
}

constexpr std::array kVerbs{
    VerbEntry{"migrate", "Prepare or upgrade both databases",
              R"(  pawl migrate                                   prepare or upgrade the database of PAWL_POSTGRES
  pawl migrate --status                          what is applied in both databases
  pawl migrate --print > migrations.sql          for a DBA, who runs it by psql)",
              make_migrate},
    VerbEntry{"worker", "Run workflows until told to stop",
              R"(  pawl worker --until-idle                       handle what is in the outbox, then stop
  PAWL_MAIL=maildir:mail pawl worker --until-idle     the same, with {mail} as files of a folder)",
              make_worker},
    VerbEntry{
        "emit", "Write an event to the outbox and print its id",
        R"(  pawl emit shop/invoice.paid --aggregate-type invoice --aggregate-id 17 --data - --unchecked < payload.json
  pawl emit shop/invoice.paid --aggregate-type invoice --aggregate-id 17 --data '{"paid": true}' --unchecked)",
        make_emit},
    VerbEntry{"status", "How the whole is doing: what is wrong, and what to do",
              R"(  pawl status || echo "see above"                exit 1 where something is wrong
  pawl status -o json > status.json || echo "something is wrong"   for a program to read)",
              of_any<make_status>},
    VerbEntry{"doctor", "Look at all that pawl stands on: what is wrong, why it matters, what to do",
              R"(  pawl doctor || echo "see above"                exit 1 where something is wrong
  pawl doctor --settings -o json > doctor.json || echo "something is wrong")",
              make_doctor},
    VerbEntry{"top", "Watch the fleet: rates, backlog, workers, paused steps",
              R"(  pawl top --count 2 --every 200ms               two lines; without --count until q or Ctrl-C)",
              of_any<make_top>},
    VerbEntry{"runs", "List runs",
              R"(  pawl runs --status failed --since 1h           what failed in the last hour
  pawl runs --group --since 1h                   the same by workflow, step and reason
  pawl runs --status waiting -o json             what waits, for a program to read
  pawl runs --status failed -o ids | pawl resume -     all that failed go on at their failed steps)",
              of_any<make_runs>},
    VerbEntry{"show", "Everything about one run, as a timeline",
              R"(  pawl show 9b3e71                               one run, by the beginning or the end of its id)",
              make_show},
    VerbEntry{
        "waiting", "Every unfinished run, and why it is not finished",
        R"(  pawl waiting                                   from the checkpoints and from Postgres, whichever knows more
  pawl waiting --step {step} -o json         for a program to read)",
        make_waiting},
    VerbEntry{"replay", "Re-execute a run's code against its checkpoints; no effects",
              R"(  pawl replay 9b3e71                             what happened in it, and what is next
  pawl replay --unfinished                       before a deploy: do the runs that go on fit this build?
  pawl replay --all -o ids                       the runs that no longer fit this build)",
              make_replay},
    VerbEntry{"export", "Copy runs to a file, for another host or a CI to replay",
              R"(  pawl export 9b3e71 -o run.db                   one run
  pawl export --since 7d --redact -o corpus.db   a week without secrets; pawl replay --from-file reads it)",
              of_any<make_export>},
    VerbEntry{"resume", "Let failed runs go on at their failed steps",
              R"(  pawl resume 9b3e71 --note "address corrected"
  pawl resume --failed --since 2h --rate 20/s --yes   what failed in the last two hours, 20 a second
  pawl resume --step {step} --error-like 'no such' --yes    what failed for this)",
              of_any<make_resume>},
    VerbEntry{"batch", "What was asked of many runs: how far it is; pause, continue or abort it",
              R"(  pawl batch list                                all of them, newest first
  pawl batch show 1                              what became of its runs, and what it still owes
  pawl batch watch 1                             how far it is, until it ends)",
              of_any<make_batch_verb>},
    VerbEntry{
        "requeue", "Handle failed events again from their beginning, one with a corrected payload",
        R"(  pawl requeue 9b3e71 --data corrected.json --reason "a field was missing"     keeps the keys of its effects
  pawl requeue --failed --since 2h --rate 20/s --yes --reason "new build"     many, as a batch)",
        make_requeue},
    VerbEntry{"dismiss", "Say that failed events are to stay undone, and why",
              R"(  pawl dismiss 9b3e71 --reason "its customer has left")", of_any<make_dismiss>},
    VerbEntry{"retry-now", "End what unfinished runs wait for",
              R"(  pawl runs --status waiting -o ids | xargs -r pawl retry-now     all that wait in this worker, now)",
              of_any<make_retry_now>},
    VerbEntry{"cancel", "End unfinished runs, whichever worker has them",
              R"(  pawl cancel --workflow {workflow} --since 2h --yes --note "sent by hand"     as a batch
  pawl runs --status waiting -o ids | xargs -r pawl cancel --note "sent by hand"     all that wait here)",
              of_any<make_cancel>},
    VerbEntry{"rerun", "Begin an ended run anew, at a step, and tell nobody twice",
              R"(  pawl rerun 9b3e71 --reason "template corrected"     from its beginning, and repeats no effect
  pawl rerun 9b3e71 --from {step} --resend --reason "sent to the wrong host"     sends all again)",
              of_any<make_rerun>},
    VerbEntry{"in-doubt", "List mails that may or may not have been sent, and say which were",
              R"(  pawl in-doubt                                  which mails, since when, what was known last
  pawl in-doubt resolve 9b3e71 --sent --note "relay log 14:02"    never sent again)",
              make_in_doubt},
    VerbEntry{"prune", "Remove what is older than its retention, at once",
              R"(  pawl prune --dry-run                           what would go, and how much; changes nothing
  pawl prune --archive-retention 90d             what is older than 90 days)",
              of_any<make_prune>},
    VerbEntry{"mail", "Send a test mail through the relay",
              R"(  pawl mail test --to me@example.com             does the relay take our mail? each step, in its words
  pawl mail preview --part html > mail.html      how a workflow's mail looks; sends nothing)",
              make_mail},
    VerbEntry{"sql", "Read-only SQL on the checkpoints",
              R"(  pawl sql "select * from v1_waiting"            what waits, and why)", of_any<make_sql>},
    VerbEntry{"help", "What a verb does, with its arguments and examples", R"(  pawl help mail test)",
              of_any<make_help>},
    VerbEntry{"generate", "Print what a package brings: config file, completions, man pages",
              R"(  pawl generate config > pawl.ini)", of_any<make_generate>, false},
};

}  // namespace

std::span<const VerbEntry> verbs() { return kVerbs; }

}  // namespace pawl::bin
