"""Whether the work was done, event by event: nothing is printed of a measurement that this refuses."""
import contextlib
import sqlite3

from bench.errors import Refused

# Counted in Postgres: (what, how many an event, SQL). TOLD is who must be told of which event of the backlog.
TOLD = ("told as (select b.id as event_id, r.user_id from backlog b join pawl.recipients r"
        " on r.org_id = (b.payload ->> 'org_id')::uuid and r.role in ('owner', 'admin'))")
ROWS = (
    ("events archived as done", "events",
     "select count(distinct a.id) from pawl.outbox_archive a join backlog b on b.id = a.id where a.status = 'done'"
     " and a.deliveries = 1"),
    ("rows of the archive", "archive", "select count(*) from pawl.outbox_archive"),
    ("events left in the outbox", "left", "select count(*) from pawl.outbox"),
    ("notifications of the right people", "told",
     f"with {TOLD} select count(*) from told join notifications n using (event_id, user_id)"
     " where n.kind = 'pms.sync_failed' and n.title <> '' and n.body <> ''"),
    ("notifications", "told", "select count(*) from notifications"),
    ("mails accepted for the right people", "told",
     f"with {TOLD} select count(*) from told t join pawl.email_deliveries e on e.event_id = t.event_id and e.user_id = t.user_id"
     " where e.state = 'accepted' and e.attempts = 1 and e.in_doubt_count = 0"),
    ("rows of the mail ledger", "told", "select count(*) from pawl.v1_emails"),
)


def compare(who, expected, found):
    wrong = [f"{what}: expected {expected[what]:,}, found {found[what]:,}" for what in expected
             if expected[what] != found[what]]
    if wrong:
        raise Refused(f"{who} did not do its work, so there is no figure for it:\n  " + "\n  ".join(wrong))


def rows(postgres, who, events, recipients, archived_before=0, left=0):
    """Every event, notification and mail in Postgres. Rows of other events were in the archive before, or are left."""
    with postgres.cursor() as cursor:
        cursor.execute("analyze notifications, pawl.email_deliveries, pawl.outbox_archive, backlog")
        rows_seen_by(cursor, who, events, recipients, archived_before, left)


def rows_seen_by(cursor, who, events, recipients, archived_before=0, left=0):
    counts = {"events": events, "told": events * recipients, "archive": events + archived_before, "left": left}
    found = {}
    for what, _, sql in ROWS:
        cursor.execute(sql)
        found[what] = cursor.fetchone()[0]
    compare(who, {what: counts[count] for what, count, _ in ROWS}, found)


def some(postgres, who, events, done, recipients):
    """As many rows as go with the events that are done, of a backlog that is left unfinished."""
    found = {what: postgres.ask(sql) for what, sql in (
        ("events left in the outbox", "select count(*) from pawl.outbox"),
        ("of these, leased", "select count(*) from pawl.outbox where lease_epoch is not null"),
        ("events archived as done", "select count(*) from pawl.outbox_archive where status = 'done'"),
        ("notifications", "select count(*) from notifications n join pawl.outbox_archive a on a.id = n.event_id"),
        ("mails accepted", "select count(*) from pawl.email_deliveries e join pawl.outbox_archive a on a.id = e.event_id"
         " where e.state = 'accepted'"))}
    compare(who, {"events left in the outbox": events - done, "of these, leased": 0, "events archived as done": done,
                  "notifications": done * recipients, "mails accepted": done * recipients}, found)


def checkpoints(paths, who, events, recipients):
    """Every checkpoint of every run, over the files of all workers."""
    expected = {"runs that are done": events, "resolve-recipients": events, "create-in-app": events,
                "send-email": events * recipients, "other runs": 0, "failed or other steps": 0}
    found = dict.fromkeys(expected, 0)
    for path in paths:
        for what, count in counted(path):
            found[what if what in found else "failed or other steps"] += count
    compare(who, expected, found)


def counted(path):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        yield from file.execute("select iif(status = 'done', 'runs that are done', 'other runs'), count(*)"
                                " from v1_runs group by 1")
        yield from file.execute("select iif(status = 'succeeded', step, 'failed'), count(*) from v1_steps group by 1")
