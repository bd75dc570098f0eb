"""The opponent: what pawl writes to Postgres as plain SQL, 500 events a batch, over one connection.

Claim (committed without waiting for the disk, as pawl's is), in-app rows, ledger claim, ledger accept, archive. Each is
a statement and a commit of its own, since pawl's are: between them stands what may not be inside a transaction. Its
rows are as long as pawl's. It keeps no checkpoints, renders no mail, fences no other worker and survives no crash.

It is meant to be hard to beat. What was tried on the same backlog of 60,000, medians of three rounds:

    1.00  as here: positions and ids of the batch handed on as arrays, the rest joined from the outbox, and a plan of
          its own for each batch
    0.89  the same with `on conflict do nothing`, by which a batch could be repeated (six rounds of 100,000)
    0.98  the table's own random ids of notifications (four rounds of 100,000)
    0.97  the same with the generic plan that a prepared statement gets after five calls
    0.95  payloads handed on as arrays too
    0.75  a temporary table of the batch, emptied by TRUNCATE
    0.87  the same, emptied by DELETE: 1.1 with 20,000 events, 0.7 with 200,000, as its dead rows add up
    1.05  a procedure that commits between its statements. Not taken: nothing of it reaches a client, and whoever sends
          mail has to know between two of these statements whom to

One statement for all of it would be one commit, and so less than pawl must do.
"""
import time

BATCH = 500

PREPARED = """
prepare claim as
with due as materialized (
    select ctid as place from pawl.outbox where lease_epoch is null and available_at <= now()
    and workflow = 'notify-sync-failure' and position > $1 order by position limit $2 for update skip locked),
  leased as (
    update pawl.outbox o set lease_epoch = 1, lease_batch = 1, deliveries = deliveries + 1
    where o.ctid = any(array(select place from due)) and set_config('synchronous_commit', 'off', true) is not null
    returning o.position, o.id)
select max(position), array_agg(position)::text, array_agg(id)::text from leased;

prepare show as
with now as (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us),
  made as (select int8send(us / 1000 << 16 | x'7000'::bigint | us % 1000 * 4096 / 1000) as head from now)
insert into notifications (id, event_id, user_id, org_id, kind, urgency, title, body, link, data)
select encode((select head from made) || substring(uuid_send(gen_random_uuid()) from 9), 'hex')::uuid,
       o.id, r.user_id, r.org_id, 'pms.sync_failed', 'urgent', {title}, {body},
       'https://app.example/orgs/' || r.org_id || '/settings/integrations',
       (o.payload - 'org_id' - 'error_message') || jsonb_build_object('error', o.payload -> 'error_message')
from pawl.outbox o
join pawl.recipients r on r.org_id = (o.payload ->> 'org_id')::uuid and r.role in ('owner', 'admin')
where o.position = any($1::bigint[]);

prepare mail as
insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, attempts, workflow, step, state,
  message_id, address)
select o.id, r.user_id, 1, 1, now(), 1, 'notify-sync-failure', 'send-email', 'sending', {message_id}, r.email
from pawl.outbox o
join pawl.recipients r on r.org_id = (o.payload ->> 'org_id')::uuid and r.role in ('owner', 'admin')
where o.position = any($1::bigint[]);

prepare accept as
update pawl.email_deliveries set state = 'accepted', settled_at = now(), reply = {reply}
where event_id = any($1::uuid[]) and state = 'sending';

prepare archive as
with gone as (delete from pawl.outbox where position = any($1::bigint[]) returning *)
insert into pawl.outbox_archive (position, id, created_at, deliveries, resumes, store, status, workflow, type,
                                 aggregatetype, aggregateid, payload, headers)
select position, id, created_at, deliveries, resumes, '00000000-0000-4000-8000-000000000000', 'done', workflow,
       type, aggregatetype, aggregateid, payload, headers from gone
"""


def texts_of(postgres):
    """The texts of the notification and the mail that pawl wrote last, so that these rows get as long."""
    title, body = postgres.row("select title, body from notifications limit 1")
    message_id, reply = postgres.row("select message_id, reply from pawl.v1_emails limit 1")
    return {"title": title, "body": body, "message_id": message_id, "reply": reply}


def quoted(cursor, text):
    return cursor.mogrify("%s", (text,)).decode()


def run(postgres, texts):
    """Works the whole backlog off; the seconds that took, connecting included."""
    started = time.monotonic()
    with postgres.cursor() as cursor:
        cursor.execute("set plan_cache_mode = force_custom_plan")  # knows how long the arrays are
        cursor.execute(PREPARED.format(**{name: quoted(cursor, text) for name, text in texts.items()}))
        above = 0
        while above is not None:
            above = run_batch(cursor, above)
    return time.monotonic() - started


def run_batch(cursor, above):
    """The highest position that it did; None when there was nothing left."""
    cursor.execute("execute claim(%s, %s)", (above, BATCH))
    last, positions, ids = cursor.fetchone()
    if last is not None:
        cursor.execute("execute show(%s)", (positions,))
        cursor.execute("execute mail(%s)", (positions,))
        cursor.execute("execute accept(%s)", (ids,))
        cursor.execute("execute archive(%s)", (positions,))
    return last
