"""What the oracle judges: the database and what was seen from outside of pawl."""
import io
from dataclasses import dataclass, field


@dataclass
class Evidence:
    connection: object                            # to Postgres, at quiescence
    changes: list = field(default_factory=list)   # people.Change, from the beginning
    addresses: set = field(default_factory=set)   # (user, address) that ever was
    logs: list = field(default_factory=list)      # (sync log, fate) of the producers
    emitted: list = field(default_factory=list)   # (event, fate, bad)
    read: set = field(default_factory=set)        # (event, user) whose notification was read
    mails: list = field(default_factory=list)     # relay.Mail
    texts: list = field(default_factory=list)     # paths of logs, which anybody may read
    stores: list = field(default_factory=list)    # paths of the checkpoint files now in use
    lives: list = field(default_factory=list)     # lists of copies of one file, in order
    arguments: list = field(default_factory=list)  # command lines


TABLES = """
drop table if exists chaos_changes, chaos_addresses, chaos_logs, chaos_emitted, chaos_read, chaos_mails, chaos_events,
  chaos_expected;
create temp table chaos_changes (org uuid, user_id uuid, started float8, ended float8, told bool, mailable bool);
create temp table chaos_addresses (user_id uuid, address text);
create temp table chaos_logs (sync_log uuid primary key, fate text);
create temp table chaos_emitted (event_id uuid primary key, fate text, bad bool);
create temp table chaos_read (event_id uuid, user_id uuid);
create temp table chaos_mails (at float8, accepted bool, message_id text, recipient text, digest text, canaries int);
"""

# An event's people, and whether it is certain how they stood to it: nothing changed from its beginning to its end.
EXPECTED = """
create index on chaos_changes (org, user_id, ended);
create temp table chaos_events as
  select e.event_id, (array_agg(e.payload))[1] ->> 'org_id' as org,
         (array_agg(e.payload))[1] ->> 'sync_log_id' as sync_log,
         extract(epoch from min(e.created_at))::float8 as created,
         extract(epoch from coalesce(max(e.finished_at), 'infinity'))::float8 as finished,
         bool_or(coalesce(m.bad, false)) as bad, count(*) as rows
  from pawl.v1_events e left join chaos_emitted m using (event_id) group by e.event_id;
create temp table chaos_expected as
  select e.event_id, p.user_id, s.told, s.mailable, exists (select from chaos_changes c where c.org = p.org
    and c.user_id = p.user_id and c.ended > e.created and c.started <= e.finished) as uncertain
  from chaos_events e join (select distinct org, user_id from chaos_changes) p on p.org::text = e.org
  cross join lateral (select told, mailable from chaos_changes c where c.org = p.org and c.user_id = p.user_id
    and c.ended <= e.created order by c.ended desc limit 1) s
  where not e.bad;
create index on chaos_expected (event_id, user_id);
create index on chaos_events (event_id);
create index on chaos_events (sync_log);
create index on chaos_mails (message_id);
analyze chaos_expected, chaos_events, chaos_mails, chaos_changes, chaos_logs;
"""


def load(evidence):
    """Puts what was seen from outside beside the database's own tables."""
    with evidence.connection.cursor() as cursor:
        cursor.execute(TABLES)
        copy(cursor, "chaos_changes", ((c.org, c.user, c.started, c.ended, c.told, c.mailable)
                                       for c in evidence.changes))
        copy(cursor, "chaos_addresses", evidence.addresses)
        copy(cursor, "chaos_logs", evidence.logs)
        copy(cursor, "chaos_emitted", evidence.emitted)
        copy(cursor, "chaos_read", evidence.read)
        copy(cursor, "chaos_mails", ((m.time, m.accepted, m.message_id, m.recipient, m.digest, m.canaries)
                                     for m in evidence.mails))
        cursor.execute(EXPECTED)


def copy(cursor, table, rows):
    lines = ("\t".join("\\N" if value is None else escaped(str(value)) for value in row) + "\n" for row in rows)
    cursor.copy_expert(f"copy {table} from stdin", io.StringIO("".join(lines)))


def escaped(text):
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
