"""The invariants that SQL can judge, each a query for what breaks it; see evidence.py for the chaos_ tables."""
from chaos.text import CANARY

# (invariant, what is wrong, query for the ids of what is wrong)
CHECKS = [
    ("I1", "committed, and no event tells of it",
     "select sync_log from chaos_logs l where fate = 'committed' and not exists (select from chaos_events e"
     " where e.sync_log = l.sync_log::text)"),
    ("I1", "in the log as failed, and no event tells of it",
     "select id from pms_sync_logs l where status = 'error' and not exists (select from chaos_events e"
     " where e.sync_log = l.id::text)"),
    ("I1", "rolled back, and an event tells of it",
     "select sync_log from chaos_logs l where fate = 'rolled back' and exists (select from chaos_events e"
     " where e.sync_log = l.sync_log::text)"),
    ("I1", "two events tell of one failure",
     "select sync_log from chaos_events where sync_log is not null group by sync_log having count(*) > 1"),
    ("I1", "emitted and committed, and gone",
     "select event_id from chaos_emitted m where fate = 'committed' and not exists (select from chaos_events e"
     " where e.event_id = m.event_id)"),
    ("I1", "a recipient without an in-app notification",
     "select event_id || ' for ' || user_id from chaos_expected x where told and not uncertain and not exists"
     " (select from notifications n where n.event_id = x.event_id and n.user_id = x.user_id)"),
    ("I1", "a recipient whom the mail ledger does not know",
     "select event_id || ' for ' || user_id from chaos_expected x where told and not uncertain and not exists"
     " (select from pawl.v1_emails m where m.run_id = x.event_id and (m.user_id = x.user_id or exists"
     " (select from chaos_addresses own join chaos_addresses other using (address)"  # one mail for a shared mailbox
     " where own.user_id = x.user_id and other.user_id = m.user_id)))"),
    ("I1", "a mail that was never settled",
     "select m.run_id || ' for ' || m.user_id || ': ' || m.state from pawl.v1_emails m"
     " left join chaos_expected x on x.event_id = m.run_id and x.user_id = m.user_id"
     " where m.state in ('sending', 'deferred', 'in_doubt') and x.uncertain is not true"),
    ("I1", "a mail withheld from an eligible recipient",
     "select m.run_id || ' for ' || m.user_id || ': ' || m.state || ', ' || m.reply from pawl.v1_emails m"
     " join chaos_expected x on x.event_id = m.run_id and x.user_id = m.user_id join users u on u.id = m.user_id"
     " where x.told and x.mailable and not x.uncertain and m.state <> 'accepted'"
     " and not (m.state = 'rejected' and u.email like 'blocked.%')"),
    ("I1", "a mail sent to nobody's address",
     "select m.run_id || ' for ' || m.user_id from pawl.v1_emails m"
     " join chaos_expected x on x.event_id = m.run_id and x.user_id = m.user_id"
     " where not x.mailable and not x.uncertain and m.state = 'accepted'"),
    ("I1", "accepted says the ledger, and the relay never took it",
     "select run_id || ' for ' || user_id from pawl.v1_emails m where state = 'accepted' and not exists"
     " (select from chaos_mails c where c.message_id = m.message_id and c.accepted)"),
    ("I2", "more than one in-app notification",
     "select event_id || ' for ' || user_id from notifications group by event_id, user_id having count(*) > 1"),
    ("I2", "a read notification that is unread or gone",
     "select event_id || ' for ' || user_id from chaos_read r where not exists (select from notifications n"
     " where n.event_id = r.event_id and n.user_id = r.user_id and n.read_at is not null)"),
    ("I3", "more copies of a mail than its in-doubt records explain",
     # users who share a mailbox share a message id, and have a row each where the first may not get it any more
     "select c.message_id || ': ' || count(*) || ' copies, ' || coalesce(max(m.in_doubt)::text, 'no') || ' in doubt'"
     " from chaos_mails c left join (select message_id, sum(in_doubt_count) as in_doubt from pawl.v1_emails"
     " group by message_id) m using (message_id) where c.accepted"
     " group by c.message_id having count(*) - 1 > coalesce(max(m.in_doubt), 0)"),
    ("I3", "copies of a mail to one address that differ",
     # a mail that was surely not sent is dated anew; from the first that a relay may have, every copy is the same
     "select m.message_id from chaos_mails m join (select message_id, recipient, min(at) as sent from chaos_mails"
     " where accepted group by message_id, recipient) first using (message_id, recipient) where m.at >= first.sent"
     " group by m.message_id, m.recipient having count(distinct m.digest) > 1"),
    ("I3", "a mail that the ledger does not know",
     "select c.message_id from chaos_mails c where not exists (select from pawl.v1_emails m"
     " where m.message_id = c.message_id)"),
    ("I3", "two mails of one event to one address",
     "select m.run_id || ' to ' || c.recipient from chaos_mails c join pawl.v1_emails m using (message_id)"
     " where c.accepted group by m.run_id, m.step, c.recipient having count(distinct c.message_id) > 1"),
    ("I5", "told in-app, and never owner or admin of the organisation then",
     "select n.event_id || ' for ' || n.user_id from notifications n"
     " left join chaos_expected x using (event_id, user_id)"
     " where x.event_id is null or not (x.told or x.uncertain)"),
    ("I5", "an in-app notification in another organisation",
     "select n.id from notifications n join chaos_events e using (event_id) where n.org_id::text <> e.org"),
    ("I5", "mailed, and never owner or admin of the organisation then",
     "select m.run_id || ' for ' || m.user_id from pawl.v1_emails m"
     " left join chaos_expected x on x.event_id = m.run_id and x.user_id = m.user_id"
     " where m.state <> 'suppressed' and (x.event_id is null or not (x.told or x.uncertain))"),
    ("I5", "a mail to an address that never was the recipient's",
     "select c.message_id || ' to ' || c.recipient from chaos_mails c where c.message_id in"
     " (select message_id from pawl.v1_emails) and not exists (select from pawl.v1_emails m"
     " join chaos_addresses a using (user_id) where m.message_id = c.message_id and a.address = c.recipient)"),
    ("I6", "failed, and nothing that was done to it explains why",
     "select e.event_id || ': ' || e.reason from pawl.v1_events e join chaos_events c using (event_id)"
     " where e.status = 'failed' and not c.bad and not exists (select from pawl.v1_emails m"
     " join users u on u.id = m.user_id where m.run_id = e.event_id and m.state = 'rejected'"
     " and u.email like 'blocked.%')"),
    ("I6", "a payload that is wrong, and its run did not fail for it",
     "select e.event_id || ': ' || e.status || ', ' || coalesce(e.reason, 'no reason') from pawl.v1_events e"
     " join chaos_events c using (event_id) where c.bad and not (e.status = 'failed' and e.reason like '%payload%')"),
    ("I6", "withheld without a reason",
     "select run_id || ' for ' || user_id from pawl.v1_emails where state in ('rejected', 'suppressed')"
     " and coalesce(reply, '') = ''"),
    ("I7", "a secret in a notification",
     f"select id from notifications where concat(title, body, link, data) like '%{CANARY}%'"),
    ("I7", "a secret in what an operator reads",
     f"select run_id from pawl.v1_emails where reply like '%{CANARY}%' union all"
     f" select event_id from pawl.v1_events where reason like '%{CANARY}%' union all"
     f" select event_id from pawl.commands where concat(note, outcome) like '%{CANARY}%'"),
    ("I7", "a secret in a mail", "select message_id from chaos_mails where canaries > 0"),
    ("I8", "unfinished when all had time to finish",
     "select event_id || ': ' || status || ', ' || coalesce(reason, '') from pawl.v1_events"
     " where status not in ('done', 'failed')"),
    ("I8", "a type that still lags", "select type from pawl.v1_lag"),
]

# What must not be zero: a checker that saw nothing proves nothing.
SEEN = {
    "events": "select count(*) from chaos_events",
    "events done": "select count(distinct event_id) from pawl.v1_events where status = 'done'",
    "events failed (bad payload)":
        "select count(distinct event_id) from pawl.v1_events join chaos_events using (event_id) where bad",
    "events failed (a mailbox that refuses)":
        "select count(distinct event_id) from pawl.v1_events join chaos_events using (event_id)"
        " where status = 'failed' and not bad",
    "failures rolled back": "select count(*) from chaos_logs where fate = 'rolled back'",
    "recipients certain to be told": "select count(*) from chaos_expected where told and not uncertain",
    "members certain not to be told": "select count(*) from chaos_expected where not told and not uncertain",
    "in-app notifications": "select count(*) from notifications",
    "notifications read": "select count(*) from chaos_read",
    "mails accepted (ledger)": "select count(*) from pawl.v1_emails where state = 'accepted'",
    "mails suppressed": "select count(*) from pawl.v1_emails where state = 'suppressed'",
    "mails rejected": "select count(*) from pawl.v1_emails where state = 'rejected'",
    "mails taken (relay)": "select count(*) from chaos_mails where accepted",
    "times in doubt": "select coalesce(sum(in_doubt_count), 0) from pawl.v1_emails",
}
# Of interest, and allowed to be zero.
FIGURES = {
    "mails in doubt": "select count(*) from pawl.v1_emails where in_doubt_count > 0",
    "second and further copies":
        "select coalesce(sum(n - 1), 0) from (select count(*) as n from chaos_mails where accepted"
        " group by message_id) c",
    "mails with a second copy":
        "select count(*) from (select from chaos_mails where accepted group by message_id having count(*) > 1) c",
    "recipients whose standing changed meanwhile": "select count(*) from chaos_expected where uncertain",
    "unsettled mails to people who are no longer to be told":
        "select count(*) from pawl.v1_emails m"
        " join chaos_expected x on x.event_id = m.run_id and x.user_id = m.user_id"
        " where m.state in ('sending', 'deferred', 'in_doubt') and x.uncertain",
    "most deliveries of one event": "select max(deliveries) from pawl.v1_events",
    "events resumed": "select count(*) from pawl.v1_events where resumes > 0",
}
