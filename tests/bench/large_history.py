"""A history of very many finished runs, in Postgres and in a checkpoint file, as rows: nobody would wait for the runs."""
import sqlite3

from bench.application import TYPE

# One run in so many has failed, over the last hour and the days before alike.
FAILED_EVERY = 1000
REASON = "send-email (00000000-0000-4000-8000-000000000001): the relay says: 550 5.1.1 user unknown"
RUN_ID = "'00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0')"


def fill_postgres(postgres, runs):
    """Archived runs a tenth of a second apart, each with two mails; the application has its organisations already."""
    postgres.run(
        f"insert into pawl.outbox_archive (position, id, created_at, finished_at, deliveries, resumes, store, status, reason,"
        f" failed_step, failed_key, failure_class, failure_code, workflow, type, aggregatetype, aggregateid, payload, headers)"
        f" select -n, ({RUN_ID})::uuid, moment, moment, 1, 0, '00000000-0000-4000-8000-000000000000',"
        f" case when failed then 'failed' else 'done' end, case when failed then '{REASON}' end,"
        f" case when failed then 'send-email' end, case when failed then '00000000-0000-4000-8000-000000000001' end,"
        f" case when failed then 'permanent' end, case when failed then '5.1.1' end,"
        f" 'notify-sync-failure', '{TYPE}', 'pms_connection', c.ids[1 + n % cardinality(c.ids)]::text, '{{}}', '{{}}'"
        f" from generate_series(1, {runs}) n, (select array_agg(id) as ids from pms_connections) c,"
        f" lateral (select now() - n * interval '100 milliseconds' as moment, n % {FAILED_EVERY} = 0 as failed) m",
        f"insert into pawl.email_deliveries (event_id, user_id, epoch, claim, claimed_at, settled_at, attempts, workflow, step,"
        f" state, message_id, address)"
        f" select ({RUN_ID})::uuid, u.ids[1 + (n + k) % cardinality(u.ids)], 1, n, moment, moment, 1, 'notify-sync-failure',"
        f" 'send-email', 'accepted', n || '-' || k, 'user' || k || '@example.com'"
        f" from generate_series(1, {runs}) n, generate_series(0, 1) k, (select array_agg(id) as ids from users) u,"
        f" lateral (select now() - n * interval '100 milliseconds' as moment) m",
        "insert into pawl.mailboxes select distinct lower(address), user_id, current_date from pawl.email_deliveries",
        "vacuum analyze", "checkpoint")


def fill_checkpoints(path, runs, connections):
    """The same runs in a file that a worker has made: three settled steps each."""
    failed = f"n % {FAILED_EVERY} = 0"
    run_id = "'00000000-0000-7000-8000-' || printf('%012x', n)"
    moment = "cast(strftime('%s', 'now') as integer) * 1000000 - n * 100000"
    with sqlite3.connect(path) as file:
        file.executescript(f"""
            pragma journal_mode = wal; pragma synchronous = off;
            create temp table numbers as
              with recursive counted(n) as (select 1 union all select n + 1 from counted where n < {runs}) select n from counted;
            create temp table about (place integer primary key, id text);
            insert into runs (run, run_id, workflow, status, reason, position, deliveries, resumes, started_at, ended_at)
              select n, {run_id}, 'notify-sync-failure', iif({failed}, 'failed', 'done'), iif({failed}, '{REASON}', ''),
                     n, 1, 0, {moment}, {moment} from numbers;""")
        file.executemany("insert into about values (?, ?)", enumerate(connections))
        file.executescript(f"""
            insert into events (run, type, aggregate_type, aggregate_id, payload, created_at)
              select n, '{TYPE}', 'pms_connection', a.id, '{{}}', {moment}
              from numbers join about a on a.place = n % {len(connections)};
            insert into steps (run, step, key, attempt, failed, result, started_at, settled_at)
              select n, s.name, '', 1, iif(s.name = 'send-email' and {failed}, 1, 0),
                     iif(s.name = 'send-email' and {failed}, '{REASON}', '{{}}'), {moment}, {moment}
              from numbers, (select 'resolve-recipients' as name union select 'create-in-app' union select 'send-email') s;
            update store set last_run = {runs};
            analyze;""")
        file.execute("pragma wal_checkpoint(truncate)")
